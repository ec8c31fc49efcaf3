import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { RegistrySource } from '#escalations/ports.js';
import {
  AssertionLedger,
  Registrations,
  SessionStore,
  type Registration,
  type Session,
  type SignedInBy,
} from '#identity/ports.js';
import { livingAgent } from './sql/agents.js';
import { DatabasePool } from './pool.js';

/** Who is registered: credentials from the configuration in force, suspension from the agent's row. */
@Injectable()
export class PostgresRegistrations extends Registrations {
  constructor(
    private readonly registry: RegistrySource,
    private readonly pool: DatabasePool,
  ) {
    super();
  }

  override async findClient(id: string): Promise<Registration | null> {
    const { catalog } = await this.registry.current();
    const agent = catalog.agents.find((candidate) => candidate.id === id);
    if (agent !== undefined) {
      const row = await livingAgent(this.pool, id);
      return row === null ? null : { kind: 'agent', id, auth: agent.auth, suspended: row.suspended };
    }
    const client = catalog.clients.find((candidate) => candidate.id === id);
    return client === undefined ? null : { kind: 'client', id, auth: client.auth, suspended: false };
  }
}

@Injectable()
export class PostgresAssertionLedger extends AssertionLedger {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async use(clientId: string, jti: string, expSeconds: number): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'assertion-use',
      // Times are judged by the process that reads an assertion; a clock that is behind must not make the row overdue at once.
      text: `insert into "assertion_uses" ("subject", "jti", "expires_at")
             values ($1, $2, greatest(to_timestamp($3), clock_timestamp() + make_interval(secs => $4))) on conflict do nothing`,
      values: [
        clientId,
        jti,
        expSeconds + LIMITS.clockSkewSeconds,
        LIMITS.assertionLifeSecondsMax + LIMITS.clockSkewSeconds,
      ],
    });
    return rowCount === 1;
  }
}

const SESSION = `s."id", s."person_id" as "person", s."signed_in_by" as "signedInBy", s."fresh", s."created_at" as "openedAt", s."expires_at" as "expiresAt"`;
const LIVING = `s."ended_at" is null and s."expires_at" > clock_timestamp()`;

/** Sessions judged on the database clock and by whether their person is still configured. */
@Injectable()
export class PostgresSessionStore extends SessionStore {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async createLoginCode(
    codeHash: string,
    person: string,
    opens: 'code' | 'enrolment',
    lifeSeconds: number,
  ): Promise<void> {
    await this.pool.query(
      `insert into "login_codes" ("code_hash", "person_id", "opens", "expires_at")
       values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))`,
      [codeHash, person, opens, lifeSeconds],
    );
  }

  override async redeemLoginCode(codeHash: string): Promise<{ person: string; signedInBy: SignedInBy } | null> {
    const { rows } = await this.pool.query<{ person: string; signedInBy: SignedInBy }>(
      `update "login_codes" c set "used_at" = clock_timestamp()
       where c."code_hash" = $1 and c."used_at" is null and c."expires_at" > clock_timestamp()
         and exists (select 1 from "people" p where p."id" = c."person_id" and p."retired_at" is null)
       returning c."person_id" as "person", c."opens" as "signedInBy"`,
      [codeHash],
    );
    return rows[0] ?? null;
  }

  override async createSession(
    tokenHash: string,
    person: string,
    { signedInBy, fresh }: Pick<Session, 'signedInBy' | 'fresh'>,
    lifeSeconds: number,
  ): Promise<Session> {
    const { rows } = await this.pool.query<Session>(
      `insert into "sessions" as s ("token_hash", "id", "person_id", "signed_in_by", "fresh", "expires_at")
       values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6)) returning ${SESSION}`,
      [tokenHash, randomBytes(9).toString('base64url'), person, signedInBy, fresh, lifeSeconds],
    );
    return rows[0] as Session;
  }

  override async findSession(tokenHash: string): Promise<Session | null> {
    const { rows } = await this.pool.query<Session>({
      name: 'session-find',
      text: `select ${SESSION} from "sessions" s join "people" p on p."id" = s."person_id"
             where s."token_hash" = $1 and ${LIVING} and p."retired_at" is null`,
      values: [tokenHash],
    });
    return rows[0] ?? null;
  }

  override async sessionsOf(person: string): Promise<readonly Session[]> {
    const { rows } = await this.pool.query<Session>(
      `select ${SESSION} from "sessions" s where s."person_id" = $1 and ${LIVING} order by s."created_at" desc, s."id"`,
      [person],
    );
    return rows;
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
}
