import type pg from 'pg';
import type { Voter } from '#domain/approval/eligibility.js';
import { PasskeyRows, type Passkey, type PasskeyUse } from '#escalations/people/passkeys.js';
import { passkeyContent } from '#escalations/sealed-content.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import { at, ms } from '../sql/columns.js';

type Queryable = pg.Pool | pg.PoolClient;

export const PASSKEY_COLUMNS = `"id", "person_id" as "person", "name", "public_key" as "publicKey", "counter"::float8 as "counter", "transports",
  ${ms('"created_at"')} as "createdAt", ${ms('"last_used_at"')} as "lastUsedAt", "person_uid" as "personUid", "mac"`;

export interface PasskeyRow extends Passkey {
  readonly personUid: string | null;
  readonly mac: string | null;
}

/** Those of these rows that are what their seal says, for the person who bears the id now. */
export async function soundPasskeys(
  db: Queryable,
  configurations: SealedConfigurations,
  rows: readonly PasskeyRow[],
): Promise<Passkey[]> {
  const sound: Passkey[] = [];
  for (const { mac, personUid, ...passkey } of rows) {
    const content = passkeyContent(passkey, { uid: personUid ?? '' });
    if (!configurations.seals.sound('passkey', passkey.id, content, mac)) continue;
    if ((await configurations.voter(db, passkey.person))?.uid === personUid) sound.push(passkey);
  }
  return sound;
}

export async function ownsPasskey(
  db: Queryable,
  configurations: SealedConfigurations,
  voter: Pick<Voter, 'person' | 'uid'>,
  credentialId: string,
): Promise<boolean> {
  const { rows } = await db.query<PasskeyRow>({
    name: 'passkey-owned',
    text: `select ${PASSKEY_COLUMNS} from "passkeys" where "id" = $1 and "person_id" = $2 and "person_uid" = $3`,
    values: [credentialId, voter.person, voter.uid],
  });
  return (await soundPasskeys(db, configurations, rows)).length === 1;
}

/** The rows of passkeys and their challenges inside one transaction. */
export class PostgresPasskeyRows extends PasskeyRows {
  constructor(
    private readonly client: pg.PoolClient,
    private readonly configurations: SealedConfigurations,
  ) {
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
    const createdAt = Math.floor(passkey.createdAt);
    const { id, person, name, publicKey, counter, transports } = passkey;
    const voter = await this.configurations.voter(this.client, person);
    if (voter === null) return false;
    const mac = this.configurations.seals.mac('passkey', passkeyContent({ ...passkey, createdAt }, voter));
    const { rowCount } = await this.client.query(
      `insert into "passkeys" ("id", "person_id", "name", "public_key", "counter", "transports", "created_at", "person_uid", "mac")
       values ($1, $2, $3, $4, $5, $6, ${at(7)}, $8, $9) on conflict ("id") do nothing`,
      [id, person, name, Buffer.from(publicKey), counter, [...transports], createdAt, voter.uid, mac],
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
