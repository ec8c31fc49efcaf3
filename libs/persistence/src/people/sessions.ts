import type { Session } from '#identity/ports.js';
import { ms } from '../sql/columns.js';

export const SESSION_COLUMNS = `s."token_hash" as "tokenHash", s."id", s."person_id" as "person", s."person_uid" as "personUid",
  s."signed_in_by" as "signedInBy", s."fresh", ${ms('s."created_at"')} as "openedAt", ${ms('s."expires_at"')} as "expiresAt", s."mac"`;

/** Times are epoch milliseconds. */
export interface SessionRow extends Omit<Session, 'openedAt' | 'expiresAt'> {
  readonly tokenHash: string;
  readonly personUid: string | null;
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly mac: string | null;
}
