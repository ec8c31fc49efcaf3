import { LIMITS } from '#domain/limits.js';
import { readCookie } from '#identity/people/session-cookie.js';
import type { CursorSeal } from './cursor.js';

/** Between the way to the provider and back. SameSite=Lax, because the way back begins at another site. */
const LOGIN_COOKIE = '__Host-writ_login';
const ATTRIBUTES = 'HttpOnly; Secure; SameSite=Lax; Path=/';
const BOUND_TO = { cookie: 'login' };

/** What a sign-in must find again, and where it leads. */
export interface LoginState {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Epoch milliseconds since when the provider must have asked who it is; `null`: no matter. */
  readonly since: number | null;
  /** A path of this site. */
  readonly returnTo: string;
}

/** Seals the state of a sign-in into a cookie that only this broker can read or make, good for ten minutes. */
export class LoginCookie {
  /** @param seal under a key for this purpose only */
  constructor(
    private readonly seal: CursorSeal,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** The Set-Cookie value that holds `state`. */
  set(state: LoginState): string {
    const until = this.nowMs() + LIMITS.loginStateSeconds * 1000;
    const sealed = this.seal.seal({ ...state, until }, BOUND_TO);
    return `${LOGIN_COOKIE}=${sealed}; ${ATTRIBUTES}; Max-Age=${LIMITS.loginStateSeconds}`;
  }

  /** The Set-Cookie value that takes it back. */
  clear(): string {
    return `${LOGIN_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;
  }

  /** True when the header brings such a cookie at all, whatever is in it. */
  isAmong(cookieHeader: string | undefined): boolean {
    return (cookieHeader ?? '').includes(`${LOGIN_COOKIE}=`);
  }

  /** The state of a Cookie header; `null` when there is none, more than one, not ours, or too old. */
  read(cookieHeader: string | undefined): LoginState | null {
    const sealed = readCookie(cookieHeader, LOGIN_COOKIE);
    const opened = sealed === null ? null : this.seal.open(sealed, BOUND_TO);
    if (opened === null) return null;
    const { until, ...state } = opened as LoginState & { until: number };
    return this.nowMs() < until ? state : null;
  }
}

/**
 * A path of this site to go to after a sign-in, as a browser would resolve it; `null` for anything that could lead
 * elsewhere.
 */
export function ownPath(path: string, issuer: string): string | null {
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes('\\') || path.length > LIMITS.returnPathLengthMax)
    return null;
  const url = new URL(path, issuer);
  if (url.origin !== issuer || url.pathname.startsWith('//')) return null;
  return url.pathname + url.search + url.hash;
}
