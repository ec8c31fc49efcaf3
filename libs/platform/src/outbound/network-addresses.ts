import { isIP } from 'node:net';

/** True for `localhost`, 127.0.0.0/8 and ::1; an IPv6 address may stand in brackets, as in a URL. */
export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host).toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** An IPv6 address as sockets want it; other hosts unchanged. */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** True for something a socket can listen on: an IP address or a host name of RFC 1123. */
export function isListenHost(host: string): boolean {
  if (isIP(withoutBrackets(host)) !== 0) return true;
  // All digits and dots is a mistyped address, not a name.
  return /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*$/i.test(host) && !/^[\d.]+$/.test(host);
}

/** True for an IP address, or a block of them such as `10.0.0.0/8` or `fd00::/8`. */
export function isAddressOrBlock(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** The URL that `text` spells, or null; never throws, so that no message can quote a secret. */
export function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
