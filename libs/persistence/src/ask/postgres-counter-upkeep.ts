import { Injectable } from '@nestjs/common';
import { CounterUpkeep, type MendedCounters } from '#escalations/ask/keep-counters.js';
import { DatabasePool, patient } from '../connection/pool.js';

/** Agents of one statement, and of one run: an agent of 10,000 grants a day takes some 50 ms, an ordinary one takes 1. */
const AT_ONCE = 20;
const AGENTS_A_RUN = 200;
/** A run stops after this: it costs a worker a twentieth of a core at most. */
const RUN_MS = 500;
/** Totals that one statement forgets: a backlog goes in pieces, so that nobody waits behind it. */
const FORGOTTEN_AT_ONCE = 10_000;
/** PostgreSQL: a lock was not given in time. */
const LOCKED = '55P03';

/** What `agent_counters_differ` answers. */
type Difference = Omit<MendedCounters, 'agentUid'>;

/** Goes through the agents one after the other, and begins anew after the last. */
@Injectable()
export class PostgresCounterUpkeep extends CounterUpkeep {
  private readonly pool: Pick<DatabasePool, 'query'>;
  private after = '0';

  constructor(pool: DatabasePool) {
    super();
    this.pool = patient(pool);
  }

  override async compareSome(): Promise<readonly MendedCounters[]> {
    const mended: MendedCounters[] = [];
    const until = performance.now() + RUN_MS;
    for (let seen = 0; seen < AGENTS_A_RUN && performance.now() < until; seen += AT_ONCE) {
      const { rows } = await this.pool.query<{ uid: string; difference: Difference | null }>({
        name: 'counters-compare',
        text: `select a."uid", agent_counters_differ(a."uid") as "difference"
               from (select "uid" from "agents" where "uid" > $1 order by "uid" limit ${AT_ONCE}) a`,
        values: [this.after],
      });
      for (const { uid, difference } of rows) if (difference !== null) mended.push(...(await this.mend(uid)));
      this.after = rows.length < AT_ONCE ? '0' : (rows.at(-1)?.uid ?? '0');
      if (this.after === '0') break;
    }
    return mended;
  }

  /** Several lanes alone are folded and nothing to tell. Who counts for longer than the lock waits is left for the next round. */
  private async mend(uid: string): Promise<readonly MendedCounters[]> {
    try {
      const { rows } = await this.pool.query<{ difference: Difference | null }>({
        name: 'counters-mend',
        text: `select mend_agent_counters($1) as "difference"`,
        values: [uid],
      });
      const difference = rows[0]?.difference ?? null;
      if (difference === null || (difference.open === 0 && difference.instants === 0)) return [];
      return [{ agentUid: uid, open: difference.open, instants: difference.instants }];
    } catch (fault) {
      if ((fault as { code?: string }).code === LOCKED) return [];
      throw fault;
    }
  }

  override async forget(): Promise<void> {
    await this.pool.query({ name: 'stops-write-off', text: 'select write_off_stops()' });
    let gone: number;
    do {
      const { rows } = await this.pool.query<{ gone: number }>({
        name: 'tallies-forget',
        text: 'select forget_tallies($1) as "gone"',
        values: [FORGOTTEN_AT_ONCE],
      });
      gone = rows[0]?.gone ?? 0;
    } while (gone === FORGOTTEN_AT_ONCE);
  }
}
