import { Injectable } from '@nestjs/common';
import { SigningKeyStore, type PublicJwk, type SigningKeyRow } from '#tokens/ports.js';
import { inTransaction } from '../connection/in-transaction.js';
import { DatabasePool } from '../connection/pool.js';
import { allKeys, KEYS_LOCK } from './postgres-signing-key-rows.js';

/** Signing keys as rows. A row is handed on as it stands: whether it is a key, only the master key tells. */
@Injectable()
export class PostgresSigningKeyStore extends SigningKeyStore {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async list(): ReturnType<SigningKeyStore['list']> {
    const { keys, now } = await allKeys(this.pool);
    return {
      now: new Date(now),
      rows: keys.map((key) => ({
        ...key,
        publicJwk: key.publicJwk as PublicJwk,
        activeFrom: new Date(key.activeFrom),
        retiredAt: dateOf(key.retiredAt),
        compromisedAt: dateOf(key.compromisedAt),
        lastTokenEnd: dateOf(key.lastTokenEnd),
      })),
    };
  }

  override async insertFirst(row: SigningKeyRow, unreadable: readonly string[] = []): Promise<boolean> {
    return inTransaction(this.pool, async (client) => {
      // A statement of its own: one that waits for the lock inside does not see the key for whose commit it waited.
      await client.query('select pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      const { rowCount } = await client.query(
        `insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from")
         select $1, $2, $3, $4, least($5, clock_timestamp())
         where not exists (select 1 from "signing_keys" where "alg" = $2 and "retired_at" is null and "compromised_at" is null
           and "kid" <> all($6::text[]))
         on conflict do nothing`,
        [row.kid, row.alg, JSON.stringify(row.publicJwk), row.wrappedPrivate, row.activeFrom, unreadable],
      );
      return rowCount === 1;
    });
  }
}

function dateOf(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
