import type { SigningKeyRows } from '#escalations/keys/signing-key-rows.js';
import type { KeyChange, KeyRow, NewKey, SigningAlg } from '#escalations/keys/signing-keys.js';
import type { Queryable } from '../connection/queryable.js';
import { at, ms, NOW } from '../sql/columns.js';

/** Advisory lock: keys are made, rotated and declared compromised one at a time, whichever process does it. */
export const KEYS_LOCK = 7703;
/**
 * Advisory lock, shared by those who sign until they commit: a change of a key waits for those who came before it and for
 * nobody after. By their row's locks alone it might wait as long as tokens are made.
 */
const SIGNING_GATE = 7706;
/** A wait for the row can end with it compromised, and then no row is left of the one that was asked for. */
const SIGNING_KEY_TRIES = 3;

/** An instant that every clock and calendar here can say: infinities and far years are the ends of it. */
function bounded(column: string): string {
  return ms(`greatest(least(${column}, '9999-01-01Z'::timestamptz), '1970-01-02Z'::timestamptz)`);
}

function boundedOrNull(column: string): string {
  return `case when ${column} is not null then ${bounded(column)} end`;
}

type StoredKey = KeyRow & Pick<NewKey, 'publicJwk'>;

/** Every key as the database sees it, and its clock. */
export async function allKeys(db: Queryable): Promise<{ keys: StoredKey[]; now: number }> {
  const { rows } = await db.query<{ keys: StoredKey[] | null; now: number }>({
    name: 'keys-all',
    text: `select ${NOW}, (select json_agg(k) from (
             select s."kid", s."alg", s."public_jwk" as "publicJwk", s."wrapped_private" as "wrappedPrivate",
               ${bounded('s."active_from"')} as "activeFrom", ${boundedOrNull('s."retired_at"')} as "retiredAt",
               ${boundedOrNull('s."compromised_at"')} as "compromisedAt",
               (select ${boundedOrNull('max(t."expires_at")')} from "tokens" t where t."kid" = s."kid") as "lastTokenEnd"
             from "signing_keys" s order by s."active_from", s."kid") k) as "keys"`,
  });
  return { keys: rows[0]?.keys ?? [], now: rows[0]?.now ?? 0 };
}

/** Signing keys over a transaction's connection. */
export class PostgresSigningKeyRows implements SigningKeyRows {
  constructor(private readonly db: Queryable) {}

  /**
   * The kid that signs now of those that the caller can open, its row held FOR SHARE: a rotation or compromise that commits later has waited for this
   * transaction, so no token is made by a key that was already over.
   */
  async signing(alg: SigningAlg, unreadable: readonly string[] = []): Promise<string | null> {
    for (let tries = 0; tries < SIGNING_KEY_TRIES; tries += 1) {
      const { rows } = await this.db.query<{ kid: string }>({
        name: 'key-signing',
        text: `with through as materialized (select 1 as "in", pg_advisory_xact_lock_shared(${SIGNING_GATE}))
               select "kid" from "signing_keys" where (select "in" from through) = 1 and "alg" = $1
                 and "kid" <> all($2::text[]) and "active_from" <= clock_timestamp() and "compromised_at" is null
                 and ("retired_at" is null or "retired_at" > clock_timestamp())
               order by "active_from" desc, "kid" desc limit 1 for share`,
        values: [alg, unreadable],
      });
      if (rows[0] !== undefined) return rows[0].kid;
    }
    return null;
  }

  async lock(): Promise<{ keys: KeyRow[]; now: number }> {
    await this.db.query({ name: 'keys-lock', text: 'select pg_advisory_xact_lock($1)', values: [KEYS_LOCK] });
    return allKeys(this.db);
  }

  async insert(key: NewKey, activeFrom: number): Promise<void> {
    await this.db.query({
      name: 'key-insert',
      text: `insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from") values ($1, $2, $3, $4, ${at(5)})`,
      values: [key.kid, key.alg, JSON.stringify(key.publicJwk), key.wrappedPrivate, activeFrom],
    });
  }

  async change(kid: string, change: KeyChange): Promise<void> {
    await this.db.query({ name: 'keys-gate', text: 'select pg_advisory_xact_lock($1)', values: [SIGNING_GATE] });
    if ('activeFrom' in change) {
      await this.db.query(`update "signing_keys" set "active_from" = ${at(2)} where "kid" = $1`, [
        kid,
        change.activeFrom,
      ]);
    } else if ('retiredAt' in change) {
      await this.db.query(`update "signing_keys" set "retired_at" = ${at(2)} where "kid" = $1`, [
        kid,
        change.retiredAt,
      ]);
    } else {
      await this.db.query(
        `update "signing_keys" set "compromised_at" = ${at(2)}, "wrapped_private" = '' where "kid" = $1`,
        [kid, change.compromisedAt],
      );
    }
  }
}
