import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { RANDOM_BYTES, SessionStore, type RandomBytes, type Session, type SignedInBy } from '../ports.js';
import { endedSessionCookie, readSessionCookie, sessionCookie } from './session-cookie.js';

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** A login code or session token: 32 random bytes, base64url (43 characters). Too long to guess, so a plain hash is enough. */
export function makeLoginCode(random: RandomBytes): string {
  return Buffer.from(random(SECRET_BYTES)).toString('base64url');
}

/** What is stored of a code or token: SHA-256, 64 lowercase hex. */
export function hashCode(code: string): string {
  return createHash('sha256').update(code, 'utf8').digest('hex');
}

export interface OpenedSession {
  readonly session: Session;
  /** The Set-Cookie value; the only place that ever holds the token. */
  readonly setCookie: string;
}

/** People's sessions: a code from the operator's terminal is exchanged once for a cookie. */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: SessionStore,
    @Inject(RANDOM_BYTES) private readonly random: RandomBytes,
  ) {}

  /** Makes a login code for a person, good once within five minutes. */
  async issueLoginCode(person: string): Promise<string> {
    const code = makeLoginCode(this.random);
    await this.store.createLoginCode(hashCode(code), person, 'code', LIMITS.loginCodeSeconds);
    return code;
  }

  /** Makes an enrolment code, good once within ten minutes: the session it opens may add a passkey. */
  async issueEnrolmentCode(person: string): Promise<string> {
    const code = makeLoginCode(this.random);
    await this.store.createLoginCode(hashCode(code), person, 'enrolment', LIMITS.enrolmentSeconds);
    return code;
  }

  /** Exchanges a login code for a session. Refuses `unauthenticated`, without saying whether the code ever was. */
  async open(code: string): Promise<OpenedSession | Refusal> {
    const redeemed = SECRET.test(code) ? await this.store.redeemLoginCode(hashCode(code)) : null;
    if (redeemed === null) return refuse('unauthenticated', 'the code is unknown, used or too old');
    return this.openFor(redeemed.person, redeemed.signedInBy);
  }

  /**
   * Opens a session for somebody who proved who they are in the way that `signedInBy` says.
   * @param fresh true when an OpenID provider asked anew
   */
  async openFor(person: string, signedInBy: SignedInBy, fresh = false): Promise<OpenedSession> {
    const token = makeLoginCode(this.random);
    const opened = { signedInBy, fresh };
    const session = await this.store.createSession(hashCode(token), person, opened, LIMITS.sessionSeconds);
    return { session, setCookie: sessionCookie(token, LIMITS.sessionSeconds) };
  }

  /** A person's living sessions, newest first. */
  of(person: string): Promise<readonly Session[]> {
    return this.store.sessionsOf(person);
  }

  /**
   * Ends a session by its id; its cookie is worth nothing from then on, in every process.
   * @param person whose it must be; `null`: anybody's
   * @returns whose it was, `null` when there was none to end
   */
  end(id: string, person: string | null): Promise<string | null> {
    return this.store.endSessionById(id, person);
  }

  /** The living session of a Cookie header, or `null`. */
  async current(cookieHeader: string | undefined): Promise<Session | null> {
    const token = readSessionCookie(cookieHeader);
    return token === null ? null : this.store.findSession(hashCode(token));
  }

  /** Ends the session of a Cookie header, if any. Returns the Set-Cookie value that removes it, and whose it was. */
  async close(cookieHeader: string | undefined): Promise<{ setCookie: string; person: string | null }> {
    const token = readSessionCookie(cookieHeader);
    const person = token === null ? null : await this.store.endSession(hashCode(token));
    return { setCookie: endedSessionCookie(), person };
  }
}
