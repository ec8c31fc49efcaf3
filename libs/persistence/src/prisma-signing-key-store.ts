import { Injectable } from '@nestjs/common';
import { SigningKeyStore, type PublicJwk, type SigningAlg, type SigningKeyRow } from '#tokens/ports.js';
import type { PrismaClient } from './prisma-client.js';
import { DatabasePool } from './pool.js';

/** Advisory lock: the first key of a new database is made once, whichever process starts first. */
const FIRST_KEY = 7703;

@Injectable()
export class PrismaSigningKeyStore extends SigningKeyStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly pool: DatabasePool,
  ) {
    super();
  }

  override async list(): Promise<readonly SigningKeyRow[]> {
    const rows = await this.prisma.signingKey.findMany({ orderBy: { activeFrom: 'asc' } });
    return rows.map((row) => ({
      ...row,
      alg: row.alg as SigningAlg,
      publicJwk: row.publicJwk as unknown as PublicJwk,
    }));
  }

  override async insertFirst(row: SigningKeyRow): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `with queued as materialized (select pg_advisory_xact_lock($1))
       insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from")
       select $2, $3, $4, $5, $6 from queued
       where not exists (select 1 from "signing_keys" where "alg" = $3 and "retired_at" is null and "compromised_at" is null)
       on conflict do nothing`,
      [FIRST_KEY, row.kid, row.alg, JSON.stringify(row.publicJwk), row.wrappedPrivate, row.activeFrom],
    );
    return rowCount === 1;
  }
}
