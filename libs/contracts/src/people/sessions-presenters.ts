import { instant } from '#domain/instant.js';

type Wire = Record<string, unknown>;

/** What a person may see of a session: everything but what opens it. */
export interface ShownSession {
  readonly id: string;
  readonly person: string;
  readonly signedInBy: string;
  readonly openedAt: Date;
  readonly expiresAt: Date;
}

/** A session in a list. @param current whether it is the one that asks */
export function presentSession({ id, person, signedInBy, openedAt, expiresAt }: ShownSession, current: boolean): Wire {
  return {
    id,
    person,
    current,
    signed_in_by: signedInBy,
    opened_at: instant(openedAt.getTime()),
    expires_at: instant(expiresAt.getTime()),
  };
}
