import type { Request } from './http.js';
import { sameSecret } from './signing.js';

/** Decides who may speak to this program: this machine, under its own name, and for people only with the page's token. */
export class Gate {
  private port = 0;

  constructor(private readonly pageToken: string) {}

  /** Takes the port that is listened on; from then on only names of that address pass. */
  openAt(port: number): void {
    this.port = port;
  }

  /** The cookie's name holds the port, because browsers share cookies between ports. */
  get cookieName(): string {
    return `local_slack_${this.port}`;
  }

  /** The header that keeps a person's browser signed in to the page. */
  get cookie(): string {
    return `${this.cookieName}=${this.pageToken}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** True when `Host` is this loopback address (no DNS rebinding) and `Origin`, when sent, is this server's own. */
  fromHere({ headers }: Pick<Request, 'headers'>): boolean {
    const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => spelled(`${name}:${this.port}`));
    const host = spelled(headers.host ?? '');
    const { origin } = headers;
    if (!hosts.includes(host)) return false;
    return origin === undefined || (/^http:\/\//i.test(origin) && spelled(origin.slice('http://'.length)) === host);
  }

  /** True when the page's token comes along: query `token`, header `x-dev-token`, bearer, or the page's cookie. */
  hasToken({ headers, query }: Request): boolean {
    const cookie = (headers.cookie ?? '').split(/;\s*/).find((entry) => entry.startsWith(`${this.cookieName}=`));
    const header = headers['x-dev-token'];
    const offered = [
      query.get('token'),
      typeof header === 'string' ? header : undefined,
      /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1],
      cookie?.slice(this.cookieName.length + 1),
    ];
    return offered.some((token) => typeof token === 'string' && sameSecret(token, this.pageToken));
  }
}

/** A host as it is compared: without case, the dot of a rooted name, and the port that HTTP has by default. */
function spelled(host: string): string {
  return host
    .toLowerCase()
    .replace(/^([^:[\]]+)\.(?=:|$)/, '$1')
    .replace(/:(0*80)?$/, '');
}
