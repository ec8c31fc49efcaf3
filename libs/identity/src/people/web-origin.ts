/** Schemes that have a default port. */
export type WebScheme = 'http:' | 'https:';

const DEFAULT_PORTS: Readonly<Record<WebScheme, string>> = { 'http:': '80', 'https:': '443' };
/** RFC 3986 section 3.2 as far as names of sites go: no user, nothing percent-encoded, a port that may be empty. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\.?(?::(\d{0,5}))?$/;

/**
 * The one spelling of a Host header, or of what stands behind `//` in a URL: lower case, without the default port of the
 * scheme and without the dot of a rooted name. Everything that compares hosts compares these.
 * @returns `null` for what names no host
 */
export function hostSpelling(authority: string, scheme: WebScheme): string | null {
  const [, name, port = ''] = AUTHORITY.exec(authority.toLowerCase()) ?? [];
  if (name === undefined || Number(port) > 65_535) return null;
  const host = name.startsWith('[') ? addressSpelling(name) : name;
  if (host === null) return null;
  const number = port === '' ? '' : String(Number(port));
  return number === '' || number === DEFAULT_PORTS[scheme] ? host : `${host}:${number}`;
}

/** The one spelling of an origin (RFC 6454): scheme and host as above; `null` for an opaque one and for any other text. */
export function originSpelling(origin: string): string | null {
  const [, scheme, authority = ''] = /^(https?:)\/\/(.+)$/.exec(origin.toLowerCase()) ?? [];
  if (scheme === undefined) return null;
  const host = hostSpelling(authority, scheme as WebScheme);
  return host === null ? null : `${scheme}//${host}`;
}

/** True when both texts are origins, and of one site. */
export function isSameOrigin(one: string, other: string): boolean {
  const spelled = originSpelling(one);
  return spelled !== null && spelled === originSpelling(other);
}

function addressSpelling(bracketed: string): string | null {
  const url = `http://${bracketed}`;
  return URL.canParse(url) ? new URL(url).hostname : null;
}
