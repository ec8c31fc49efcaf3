import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { loginCodeContent, sessionContent } from '#escalations/sealed-content.js';
import { SessionStore, type Session, type SignedInBy } from '#identity/ports.js';
import { databaseNow } from '../sql/agents.js';
import { at, ms } from '../sql/columns.js';
import { SESSION_COLUMNS, type SessionRow } from './sessions.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

const LIVING = `s."ended_at" is null and s."expires_at" > clock_timestamp()`;

interface LoginCodeRow {
  readonly codeHash: string;
  readonly person: string;
  readonly personUid: string | null;
  readonly opens: Exclude<SignedInBy, 'oidc'>;
  readonly expiresAt: number;
  readonly mac: string | null;
}

/** Sessions judged on the database clock, by their seal and by whether their very person is still configured. */
@Injectable()
export class PostgresSessionStore extends SessionStore {
  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
  ) {
    super();
  }

  override async createLoginCode(
    codeHash: string,
    person: string,
    opens: Exclude<SignedInBy, 'oidc'>,
    lifeSeconds: number,
  ): Promise<void> {
    const expiresAt = Math.floor(await databaseNow(this.pool)) + lifeSeconds * 1_000;
    const personUid = (await this.configurations.voter(this.pool, person))?.uid ?? null;
    const mac = this.configurations.seals.mac(
      'login_code',
      loginCodeContent({ codeHash, person, personUid, opens, expiresAt }),
    );
    await this.pool.query(
      `insert into "login_codes" ("code_hash", "person_id", "opens", "expires_at", "person_uid", "mac")
       values ($1, $2, $3, ${at(4)}, $5, $6)`,
      [codeHash, person, opens, expiresAt, personUid, mac],
    );
  }

  override async redeemLoginCode(codeHash: string): Promise<{ person: string; signedInBy: SignedInBy } | null> {
    const { rows } = await this.pool.query<LoginCodeRow>(
      `update "login_codes" c set "used_at" = clock_timestamp()
       where c."code_hash" = $1 and c."used_at" is null and c."expires_at" > clock_timestamp()
       returning c."code_hash" as "codeHash", c."person_id" as "person", c."person_uid" as "personUid", c."opens",
         ${ms('c."expires_at"')} as "expiresAt", c."mac"`,
      [codeHash],
    );
    const [row] = rows;
    if (row === undefined) return null;
    const { mac, ...code } = row;
    // Named by what it is for: the hash of a code is not for the history.
    if (!this.configurations.seals.sound('login_code', `of ${code.person}`, loginCodeContent(code), mac)) return null;
    return (await this.bears(code)) ? { person: code.person, signedInBy: code.opens } : null;
  }

  override async createSession(
    tokenHash: string,
    person: string,
    { signedInBy, fresh }: Pick<Session, 'signedInBy' | 'fresh'>,
    lifeSeconds: number,
  ): Promise<Session> {
    const openedAt = Math.floor(await databaseNow(this.pool));
    const session = {
      tokenHash,
      id: randomBytes(9).toString('base64url'),
      person,
      personUid: (await this.configurations.voter(this.pool, person))?.uid ?? null,
      signedInBy,
      fresh,
      openedAt,
      expiresAt: openedAt + lifeSeconds * 1_000,
    };
    await this.pool.query(
      `insert into "sessions" ("token_hash", "id", "person_id", "person_uid", "signed_in_by", "fresh", "created_at", "expires_at", "mac")
       values ($1, $2, $3, $4, $5, $6, ${at(7)}, ${at(8)}, $9)`,
      [...Object.values(session), this.configurations.seals.mac('session', sessionContent(session))],
    );
    return shown(session);
  }

  override async findSession(tokenHash: string): Promise<Session | null> {
    const { rows } = await this.pool.query<SessionRow>({
      name: 'session-find',
      text: `select ${SESSION_COLUMNS} from "sessions" s where s."token_hash" = $1 and ${LIVING}`,
      values: [tokenHash],
    });
    return (await this.sound(rows))[0] ?? null;
  }

  override async sessionsOf(person: string): Promise<readonly Session[]> {
    const { rows } = await this.pool.query<SessionRow>(
      `select ${SESSION_COLUMNS} from "sessions" s where s."person_id" = $1 and ${LIVING} order by s."created_at" desc, s."id"`,
      [person],
    );
    return this.sound(rows);
  }

  override async endSessionById(id: string, person: string | null): Promise<string | null> {
    const { rows } = await this.pool.query<{ person: string }>(
      `update "sessions" s set "ended_at" = clock_timestamp()
       where s."id" = $1 and ($2::text is null or s."person_id" = $2) and ${LIVING} returning s."person_id" as "person"`,
      [id, person],
    );
    return rows[0]?.person ?? null;
  }

  override async endSession(tokenHash: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ person: string }>(
      `update "sessions" set "ended_at" = clock_timestamp() where "token_hash" = $1 and "ended_at" is null and "expires_at" > clock_timestamp()
       returning "person_id" as "person"`,
      [tokenHash],
    );
    return rows[0]?.person ?? null;
  }

  private async sound(rows: readonly SessionRow[]): Promise<Session[]> {
    const sound: Session[] = [];
    for (const { mac, ...session } of rows) {
      if (!this.configurations.seals.sound('session', session.id, sessionContent(session), mac)) continue;
      if (await this.bears(session)) sound.push(shown(session));
    }
    return sound;
  }

  /** True while the configuration's person of this id is the one that was meant. */
  private async bears({ person, personUid }: Pick<SessionRow, 'person' | 'personUid'>): Promise<boolean> {
    return personUid !== null && (await this.configurations.voter(this.pool, person))?.uid === personUid;
  }
}

function shown({ id, person, signedInBy, fresh, openedAt, expiresAt }: Omit<SessionRow, 'mac'>): Session {
  return { id, person, signedInBy, fresh, openedAt: new Date(openedAt), expiresAt: new Date(expiresAt) };
}
