/** The prefix makes browsers insist on Secure, this host alone and Path=/: no sibling host can plant one. */
export const SESSION_COOKIE = '__Host-writ_session';

const ATTRIBUTES = 'HttpOnly; Secure; SameSite=Strict; Path=/';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The Set-Cookie value that gives a browser its session. */
export function sessionCookie(token: string, lifeSeconds: number): string {
  return `${SESSION_COOKIE}=${token}; ${ATTRIBUTES}; Max-Age=${lifeSeconds}`;
}

/** The Set-Cookie value that takes it back. */
export function endedSessionCookie(): string {
  return `${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;
}

/** The session token of a Cookie header; `null` when it is absent, not of its form, or there twice. */
export function readSessionCookie(cookieHeader: string | undefined): string | null {
  const value = readCookie(cookieHeader, SESSION_COOKIE);
  return value !== null && TOKEN.test(value) ? value : null;
}

/**
 * The value of one cookie of a Cookie header (RFC 6265 section 4.2.1).
 * @returns `null` when it is absent, or there twice: which one counts is not ours to guess
 */
export function readCookie(cookieHeader: string | undefined, name: string): string | null {
  const values = (cookieHeader ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? (values[0] ?? null) : null;
}
