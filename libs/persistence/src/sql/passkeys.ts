import type pg from 'pg';
import { PasskeyRows, type Passkey, type PasskeyUse } from '#escalations/passkeys.js';
import { at, ms } from './columns.js';

export const PASSKEY_COLUMNS = `"id", "person_id" as "person", "name", "public_key" as "publicKey", "counter"::float8 as "counter", "transports",
  ${ms('"created_at"')} as "createdAt", ${ms('"last_used_at"')} as "lastUsedAt"`;

/** The rows of passkeys and their challenges inside one transaction. */
export class PostgresPasskeyRows extends PasskeyRows {
  constructor(private readonly client: pg.PoolClient) {
    super();
  }

  override async redeem({ hash, purpose, person, escalation }: Parameters<PasskeyRows['redeem']>[0]): Promise<boolean> {
    const { rowCount } = await this.client.query(
      `update "webauthn_challenges" set "used_at" = clock_timestamp()
       where "hash" = $1 and "purpose" = $2 and "person_id" = $3 and "bound" ->> 'escalation' is not distinct from $4
         and "used_at" is null and "expires_at" > clock_timestamp()`,
      [hash, purpose, person, escalation],
    );
    return rowCount === 1;
  }

  override async count(person: string): Promise<number> {
    await this.client.query(`select pg_advisory_xact_lock(hashtextextended($1, 7703))`, [person]);
    const { rows } = await this.client.query<{ count: number }>(
      `select count(*)::int as "count" from "passkeys" where "person_id" = $1 and "removed_at" is null`,
      [person],
    );
    return rows[0]?.count ?? 0;
  }

  override async insert(passkey: Omit<Passkey, 'lastUsedAt'>): Promise<boolean> {
    const { id, person, name, publicKey, counter, transports, createdAt } = passkey;
    const { rowCount } = await this.client.query(
      `insert into "passkeys" ("id", "person_id", "name", "public_key", "counter", "transports", "created_at")
       values ($1, $2, $3, $4, $5, $6, ${at(7)}) on conflict ("id") do nothing`,
      [id, person, name, Buffer.from(publicKey), counter, [...transports], createdAt],
    );
    return rowCount === 1;
  }

  override async markUsed(id: string, person: string, counter: number, now: number): Promise<PasskeyUse> {
    const { rowCount } = await this.client.query(
      `update "passkeys" set "counter" = $3, "last_used_at" = ${at(4)}
       where "id" = $1 and "person_id" = $2 and "removed_at" is null and ("counter" < $3 or ("counter" = 0 and $3 = 0))`,
      [id, person, counter, now],
    );
    if (rowCount === 1) return 'used';
    const living = await this.client.query(
      `select 1 from "passkeys" where "id" = $1 and "person_id" = $2 and "removed_at" is null`,
      [id, person],
    );
    return living.rowCount === 1 ? 'went_back' : 'gone';
  }

  override async remove(id: string, person: string, now: number): Promise<string | null> {
    const { rows } = await this.client.query<{ name: string }>(
      `update "passkeys" set "removed_at" = ${at(3)} where "id" = $1 and "person_id" = $2 and "removed_at" is null returning "name"`,
      [id, person, now],
    );
    return rows[0]?.name ?? null;
  }
}
