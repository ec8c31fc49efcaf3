import { Injectable } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { RegistrySource } from '#escalations/ports.js';
import { registeredIn } from '#domain/registered-in.js';
import { AssertionLedger, Registrations, type Registration } from '#identity/ports.js';
import { PostgresAgents } from '../ask/postgres-agents.js';
import { DatabasePool } from '../connection/pool.js';

/** The registered callers: credentials from the configuration in force, suspension from the agent's row. */
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
    const registered = registeredIn(catalog, id);
    if (registered?.kind !== 'agent') return registered === null ? null : { ...registered, suspended: false };
    const row = await new PostgresAgents(this.pool).living(id);
    return row === null ? null : { ...registered, suspended: row.suspended };
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
