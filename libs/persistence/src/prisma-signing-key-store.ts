import { Injectable } from '@nestjs/common';
import { SigningKeyStore, type PublicJwk, type SigningAlg, type SigningKeyRow } from '#tokens/ports.js';
import { inTransaction } from './in-transaction.js';
import type { PrismaClient } from './prisma-client.js';
import { DatabasePool } from './pool.js';
import { allKeys, KEYS_LOCK } from './sql/keys.js';

@Injectable()
export class PrismaSigningKeyStore extends SigningKeyStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly pool: DatabasePool,
  ) {
    super();
  }

  override async list(): ReturnType<SigningKeyStore['list']> {
    const rows = await this.prisma.signingKey.findMany();
    // Read second, so that what it says of a key is never older than the row.
    const { keys, now } = await allKeys(this.pool);
    const ends = new Map(keys.map((key) => [key.kid, key.lastTokenEnd]));
    return {
      now: new Date(now),
      rows: rows.map((row): SigningKeyRow => {
        const end = ends.get(row.kid) ?? null;
        return {
          ...row,
          alg: row.alg as SigningAlg,
          publicJwk: row.publicJwk as unknown as PublicJwk,
          lastTokenEnd: end === null ? null : new Date(end),
        };
      }),
    };
  }

  override async insertFirst(row: SigningKeyRow): Promise<boolean> {
    return inTransaction(this.pool, async (client) => {
      // A statement of its own: one that waits for the lock inside does not see the key for whose commit it waited.
      await client.query('select pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      const { rowCount } = await client.query(
        `insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from")
         select $1, $2, $3, $4, least($5, clock_timestamp())
         where not exists (select 1 from "signing_keys" where "alg" = $2 and "retired_at" is null and "compromised_at" is null)
         on conflict do nothing`,
        [row.kid, row.alg, JSON.stringify(row.publicJwk), row.wrappedPrivate, row.activeFrom],
      );
      return rowCount === 1;
    });
  }
}
