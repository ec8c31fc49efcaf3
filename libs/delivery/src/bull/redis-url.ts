/** Which Redis: one server, one that Sentinels name, or a cluster. */
export type RedisPlace =
  | { readonly kind: 'single'; readonly url: string }
  | ({
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      /** The name under which the Sentinels know the server. */
      readonly name: string;
      readonly db: number;
    } & RedisAccess)
  | ({ readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] } & RedisAccess);

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

/** The forms of `REDIS_URL`, for a message. */
export const REDIS_URL_FORMS =
  'redis://host, redis+sentinel://host:26379,host:26379/name/db or redis+cluster://host:6379,host:6379 (or each with rediss)';

const SEVERAL = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^/@?#]+)(?:\/([^?#]*))?$/;
const NODE = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([1-9]\d{0,4}))?$/;
const NAME = /^([A-Za-z0-9._-]+)(?:\/(\d{1,3}))?$/;

/**
 * What a `REDIS_URL` says; `null` when it is none of `REDIS_URL_FORMS`. A password stands percent-encoded before `@`
 * and is that of Redis, not of the Sentinels. A cluster has database 0 alone.
 */
export function readRedisUrl(text: string): RedisPlace | null {
  if (/^rediss?:\/\//.test(text)) return URL.canParse(text) ? { kind: 'single', url: text } : null;
  const [, scheme, kind, userinfo = '', list = '', path = ''] = SEVERAL.exec(text) ?? [];
  if (scheme === undefined) return null;
  const nodes = readNodes(list, kind === 'sentinel' ? 26_379 : 6_379);
  const access = readAccess(userinfo, scheme === 'rediss');
  if (nodes === null || access === null) return null;
  if (kind === 'cluster') return path === '' ? { kind, nodes, ...access } : null;
  const [, name, db = '0'] = NAME.exec(path) ?? [];
  return name === undefined ? null : { kind: 'sentinel', sentinels: nodes, name, db: Number(db), ...access };
}

function readNodes(list: string, defaultPort: number): RedisNode[] | null {
  const nodes = list.split(',').map((item) => {
    const [, host, port = String(defaultPort)] = NODE.exec(item) ?? [];
    return host === undefined || Number(port) > 65_535
      ? null
      : { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  });
  return nodes.every((node) => node !== null) ? nodes : null;
}

function readAccess(userinfo: string, tls: boolean): RedisAccess | null {
  const colon = userinfo.indexOf(':');
  try {
    const username = decodeURIComponent(colon === -1 ? userinfo : userinfo.slice(0, colon));
    const password = colon === -1 ? '' : decodeURIComponent(userinfo.slice(colon + 1));
    return { tls, ...(username !== '' && { username }), ...(password !== '' && { password }) };
  } catch {
    return null;
  }
}
