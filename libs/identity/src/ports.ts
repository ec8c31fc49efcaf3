import type { AuthMethod } from '#domain/catalog.js';
import type { AuthenticationFailure } from './agents/authentication-failure.js';

/** An agent or client as registered now. Both live in one namespace of ids. */
export interface Registration {
  readonly kind: 'agent' | 'client';
  readonly id: string;
  readonly auth: AuthMethod;
  /** A suspended agent can still say who it is; what it may do is the use case's word. */
  readonly suspended: boolean;
}

/** Who is registered. */
export abstract class Registrations {
  /** The living registration of this id, byte for byte; `null` when there is none. */
  abstract findClient(id: string): Promise<Registration | null>;
}

/** Which assertions were used: one ledger for `/v1` and `/oauth`, across all processes. */
export abstract class AssertionLedger {
  /**
   * Notes the use of an assertion, atomically: of several calls with the same pair exactly one is first.
   * @param expSeconds its `exp`; the note must be kept at least until then plus the clock skew of the limits
   * @returns true when this is the first use
   */
  abstract use(clientId: string, jti: string, expSeconds: number): Promise<boolean>;
}

/**
 * Marks of secrets that were verified, one a client, for processes to come. A mark is an HMAC under a key that the store
 * does not hold, over client, configured hash and secret: reading one gives nothing to guess by, writing one lets nobody in.
 */
export abstract class SecretMarks {
  abstract read(clientId: string): Promise<Buffer | null>;
  /** Replaces the client's mark. */
  abstract keep(clientId: string, recordReminder: Buffer): Promise<void>;
}

/** Hears of every caller who was not authenticated. */
export abstract class AuthenticationWatch {
  abstract refused(failure: AuthenticationFailure): void;
}

/** Counts calls in fixed minutes on one clock, for all processes together. */
export abstract class CallWindows {
  /** Counts one call. Returns the calls of this minute so far, and the seconds until it is over. */
  abstract count(caller: string, budget: string): Promise<{ calls: number; resetSeconds: number }>;
}

/** Why nothing was fetched, for the log: it names no more than the operator's own configuration does. */
export interface FetchFault {
  readonly fault: string;
}

/** The one way out to somebody else's host. */
export abstract class OutboundFetch {
  /**
   * Gets a document by the rules for outbound fetches: no forbidden address, no redirect, bounded in time and size.
   * @param url written by the operator, or on the origin of one that was
   * @returns its bytes when the answer is 200
   */
  abstract get(url: string): Promise<Uint8Array | FetchFault>;
}

/** A request to a host that the operator has registered, or that one of those names. */
export interface OutboundMessage {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The same way out for protocols whose refusals are answers too. */
export abstract class OutboundExchange {
  /** Sends by the rules for outbound fetches; whatever comes back is the answer, a redirect is not followed. */
  abstract exchange(url: string, message: OutboundMessage): Promise<OutboundAnswer | FetchFault>;
}

/** How somebody signed in: a one-time code from an operator's terminal, their OpenID provider, or an enrolment link. */
export type SignedInBy = 'code' | 'oidc' | 'enrolment';

/** An open session. */
export interface Session {
  /** Names the session without opening it: for lists and for ending it. */
  readonly id: string;
  readonly person: string;
  readonly signedInBy: SignedInBy;
  /** The OpenID provider asked anew who it is, for this session: a sign-in that it remembered does not count. */
  readonly fresh: boolean;
  readonly openedAt: Date;
  readonly expiresAt: Date;
}

/**
 * Login codes and sessions. Only SHA-256 hashes (64 lowercase hex) are stored; life is judged on the database clock.
 */
export abstract class SessionStore {
  /** @param opens what kind of session the code opens */
  abstract createLoginCode(
    codeHash: string,
    person: string,
    opens: Exclude<SignedInBy, 'oidc'>,
    lifeSeconds: number,
  ): Promise<void>;
  /** Uses the code up, atomically. Returns its person and the kind of session; `null` when unknown, used or too old. */
  abstract redeemLoginCode(
    codeHash: string,
  ): Promise<{ readonly person: string; readonly signedInBy: SignedInBy } | null>;
  abstract createSession(
    tokenHash: string,
    person: string,
    opened: Pick<Session, 'signedInBy' | 'fresh'>,
    lifeSeconds: number,
  ): Promise<Session>;
  /** The session while it lives and its person is still configured; otherwise `null`. */
  abstract findSession(tokenHash: string): Promise<Session | null>;
  /** Ends the session. Returns its person; `null` when there was none to end. */
  abstract endSession(tokenHash: string): Promise<string | null>;
  /** The living sessions of a person, newest first. */
  abstract sessionsOf(person: string): Promise<readonly Session[]>;
  /**
   * Ends the living session of this id, of whomever or only of `person`.
   * @returns whose it was; `null` when there was none to end
   */
  abstract endSessionById(id: string, person: string | null): Promise<string | null>;
}

/** Returns exactly `bytes` random bytes. */
export type RandomBytes = (bytes: number) => Uint8Array;
/** Where secrets and challenges come from: `RandomBytes`. */
export const RANDOM_BYTES = Symbol('random bytes');
