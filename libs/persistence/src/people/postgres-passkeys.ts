import { Injectable } from '@nestjs/common';
import type { Voter } from '#domain/approval/eligibility.js';
import {
  Passkeys,
  type NewChallenge,
  type Passkey,
  type PasskeyRows,
  type PasskeyUse,
} from '#escalations/people/passkeys.js';
import { passkeyContent } from '#escalations/sealed-content.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';
import { at, ms } from '../sql/columns.js';

export const PASSKEY_COLUMNS = `"id", "person_id" as "person", "name", "public_key" as "publicKey", "counter"::float8 as "counter", "transports",
  ${ms('"created_at"')} as "createdAt", ${ms('"last_used_at"')} as "lastUsedAt", "person_uid" as "personUid", "mac"`;

/** A row as it was read: whether it counts its seal tells. */
export interface SealedPasskey extends Passkey {
  readonly personUid: string | null;
  readonly mac: string | null;
}

/** Those of these rows that are what their seal says, for the person who bears the id now. */
export async function soundPasskeys(
  db: Queryable,
  configurations: SealedConfigurations,
  rows: readonly SealedPasskey[],
): Promise<Passkey[]> {
  const sound: Passkey[] = [];
  for (const { mac, personUid, ...passkey } of rows) {
    const content = passkeyContent(passkey, { uid: personUid ?? '' });
    if (!configurations.seals.sound('passkey', passkey.id, content, mac)) continue;
    if ((await configurations.voter(db, passkey.person))?.uid === personUid) sound.push(passkey);
  }
  return sound;
}

/** The rows of passkeys and their challenges inside one transaction. */
export class PostgresPasskeyRows implements PasskeyRows {
  constructor(
    private readonly db: Queryable,
    private readonly configurations: SealedConfigurations,
  ) {}

  async owns(voter: Pick<Voter, 'person' | 'uid'>, credentialId: string): Promise<boolean> {
    const { rows } = await this.db.query<SealedPasskey>({
      name: 'passkey-owned',
      text: `select ${PASSKEY_COLUMNS} from "passkeys" where "id" = $1 and "person_id" = $2 and "person_uid" = $3`,
      values: [credentialId, voter.person, voter.uid],
    });
    return (await soundPasskeys(this.db, this.configurations, rows)).length === 1;
  }

  async redeem({ hash, purpose, person, escalation }: Parameters<PasskeyRows['redeem']>[0]): Promise<boolean> {
    const { rowCount } = await this.db.query(
      `update "webauthn_challenges" set "used_at" = clock_timestamp()
       where "hash" = $1 and "purpose" = $2 and "person_id" = $3 and "bound" ->> 'escalation' is not distinct from $4
         and "used_at" is null and "expires_at" > clock_timestamp()`,
      [hash, purpose, person, escalation],
    );
    return rowCount === 1;
  }

  async count(person: string): Promise<number> {
    await this.db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7703))`, [person]);
    const { rows } = await this.db.query<{ count: number }>(
      `select count(*)::int as "count" from "passkeys" where "person_id" = $1 and "removed_at" is null`,
      [person],
    );
    return rows[0]?.count ?? 0;
  }

  async insert(passkey: Omit<Passkey, 'lastUsedAt'>): Promise<boolean> {
    const createdAt = Math.floor(passkey.createdAt);
    const { id, person, name, publicKey, counter, transports } = passkey;
    const voter = await this.configurations.voter(this.db, person);
    if (voter === null) return false;
    const mac = this.configurations.seals.mac('passkey', passkeyContent({ ...passkey, createdAt }, voter));
    const { rowCount } = await this.db.query(
      `insert into "passkeys" ("id", "person_id", "name", "public_key", "counter", "transports", "created_at", "person_uid", "mac")
       values ($1, $2, $3, $4, $5, $6, ${at(7)}, $8, $9) on conflict ("id") do nothing`,
      [id, person, name, Buffer.from(publicKey), counter, [...transports], createdAt, voter.uid, mac],
    );
    return rowCount === 1;
  }

  async markUsed(id: string, person: string, counter: number, now: number): Promise<PasskeyUse> {
    const { rowCount } = await this.db.query(
      `update "passkeys" set "counter" = $3, "last_used_at" = ${at(4)}
       where "id" = $1 and "person_id" = $2 and "removed_at" is null and ("counter" < $3 or ("counter" = 0 and $3 = 0))`,
      [id, person, counter, now],
    );
    if (rowCount === 1) return 'used';
    const living = await this.db.query(
      `select 1 from "passkeys" where "id" = $1 and "person_id" = $2 and "removed_at" is null`,
      [id, person],
    );
    return living.rowCount === 1 ? 'went_back' : 'gone';
  }

  async remove(id: string, person: string, now: number): Promise<string | null> {
    const { rows } = await this.db.query<{ name: string }>(
      `update "passkeys" set "removed_at" = ${at(3)} where "id" = $1 and "person_id" = $2 and "removed_at" is null returning "name"`,
      [id, person, now],
    );
    return rows[0]?.name ?? null;
  }
}

/** Passkeys of people, and the challenges they are asked to sign: of each only a hash, for one use. */
@Injectable()
export class PostgresPasskeys extends Passkeys {
  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
  ) {
    super();
  }

  override async of(person: string): Promise<readonly Passkey[]> {
    const { rows } = await this.pool.query<SealedPasskey>({
      name: 'passkeys-of',
      text: `select ${PASSKEY_COLUMNS} from "passkeys" where "person_id" = $1 and "removed_at" is null order by "created_at", "id"`,
      values: [person],
    });
    return soundPasskeys(this.pool, this.configurations, rows);
  }

  override async find(id: string): Promise<Passkey | null> {
    const { rows } = await this.pool.query<SealedPasskey>({
      name: 'passkey-find',
      text: `select ${PASSKEY_COLUMNS} from "passkeys" where "id" = $1 and "removed_at" is null`,
      values: [id],
    });
    return (await soundPasskeys(this.pool, this.configurations, rows))[0] ?? null;
  }

  override async keep({ hash, purpose, person, bound, lifeSeconds }: NewChallenge): Promise<number> {
    const { rows } = await this.pool.query<{ expiresAt: number }>(
      `insert into "webauthn_challenges" ("hash", "purpose", "person_id", "bound", "expires_at")
       values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5)) returning ${ms('"expires_at"')} as "expiresAt"`,
      [hash, purpose, person, bound === null ? null : JSON.stringify(bound), lifeSeconds],
    );
    return rows[0]?.expiresAt ?? 0;
  }
}
