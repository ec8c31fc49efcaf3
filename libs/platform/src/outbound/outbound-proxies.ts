import { isLoopbackHost, withoutBrackets } from './network-addresses.js';

/** Which calls the environment would send through a proxy. Writ uses none: it connects only to addresses it has judged. */
export interface ProxyRules {
  /** The variable that names a proxy for this URL, or `null` when it is to be called directly. */
  variableFor(url: URL): string | null;
}

/** As when nothing is set. */
export const NO_PROXIES: ProxyRules = { variableFor: () => null };

const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/** Reads the variables as curl and others do: lower case before upper, an empty one is none, this machine never. */
export function readProxies(env: NodeJS.ProcessEnv): ProxyRules {
  const direct = (env['no_proxy'] ?? env['NO_PROXY'] ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => entry.toLowerCase());
  return {
    variableFor: (url) => {
      const variable = (VARIABLES[url.protocol] ?? []).find((name) => (env[name] ?? '').trim() !== '');
      if (variable === undefined || isLoopbackHost(url.hostname)) return null;
      return direct.some((entry) => covers(entry, url)) ? null : variable;
    },
  };
}

/** An entry is `*`, a host with all below it, or either with a port. */
function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const used = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (port !== undefined && port !== used) return false;
  const host = withoutBrackets(url.hostname).toLowerCase().replace(/\.$/, '');
  const bare = withoutBrackets(name).replace(/^\*?\./, '');
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`));
}
