import { Injectable } from '@nestjs/common';
import { Passkeys, type NewChallenge, type Passkey } from '#escalations/people/passkeys.js';
import { ms } from '../sql/columns.js';
import { PASSKEY_COLUMNS, soundPasskeys, type PasskeyRow } from './passkeys.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

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
    const { rows } = await this.pool.query<PasskeyRow>({
      name: 'passkeys-of',
      text: `select ${PASSKEY_COLUMNS} from "passkeys" where "person_id" = $1 and "removed_at" is null order by "created_at", "id"`,
      values: [person],
    });
    return soundPasskeys(this.pool, this.configurations, rows);
  }

  override async find(id: string): Promise<Passkey | null> {
    const { rows } = await this.pool.query<PasskeyRow>({
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
