import type { AgentFacts } from '#domain/policy-decision.js';
import { invariant } from '#domain/refusal.js';
import type { Agents } from '#escalations/ask/agents.js';
import type { AgentRow } from '#escalations/rows/agent.js';
import type { Actor } from '#escalations/rows/history.js';
import type { Queryable } from '../connection/queryable.js';
import { agentGate, resume, suspend, suspensionsOf, takeAgents, writtenSuspensions } from '../sql/agents.js';
import { NOW } from '../sql/columns.js';
import { judgedSuspended } from '../sql/ends.js';
import { agentFacts, type CountedFacts } from '../sql/facts.js';
import type { Sealed } from '../sql/sealed-records.js';

type AgentIdentity = Omit<AgentRow, 'suspended'>;
const AGENT = `"uid", "id"`;
/** Advisory locks: the first number says what is locked. */
const CREATE_QUEUE = 7701;

/** Agents over a transaction's connection, or for reading over the pool. */
export class PostgresAgents implements Agents {
  constructor(private readonly db: Queryable) {}

  async living(id: string): Promise<AgentRow | null> {
    const { rows } = await this.db.query<AgentIdentity & { suspensions: Sealed<'suspension'>[] | null }>({
      name: 'agent-living',
      text: `select ${AGENT}, ${suspensionsOf('"agents"."uid"')} as "suspensions" from "agents" where "id" = $1 and "retired_at" is null`,
      values: [id],
    });
    if (rows[0] === undefined) return null;
    const { suspensions, ...agent } = rows[0];
    return { ...agent, suspended: judgedSuspended(this.db, suspensions) };
  }

  async lock(id: string): Promise<{ agent: AgentRow; now: number } | null> {
    const { rows } = await this.db.query<AgentIdentity & { now: number }>({
      name: 'agent-lock',
      text: `with found as materialized (select "uid" from "agents" where "id" = $1 and "retired_at" is null),
               through as materialized (select "uid", pg_advisory_xact_lock_shared(${agentGate('"uid"')}) from found),
               held as materialized (select ${AGENT} from "agents"
                 where "uid" = (select "uid" from through) and "retired_at" is null for share)
             select held.*, ${NOW} from held`,
      values: [id],
    });
    if (rows[0] === undefined) return null;
    const { now, ...agent } = rows[0];
    // In a statement after the lock, which sees what the lock waited for.
    const suspensions = await writtenSuspensions(this.db, agent.uid);
    return { agent: { ...agent, suspended: judgedSuspended(this.db, suspensions) }, now };
  }

  async lockByUid(uid: string): Promise<{ agent: AgentIdentity; now: number }> {
    const { rows } = await this.db.query<AgentIdentity & { now: number }>({
      name: 'agent-lock-row',
      text: `with through as materialized (select $1::bigint as "uid", pg_advisory_xact_lock_shared(${agentGate('$1::bigint')})),
               held as materialized (select ${AGENT} from "agents" where "uid" = (select "uid" from through) for share)
             select held.*, ${NOW} from held`,
      values: [uid],
    });
    invariant(rows[0] !== undefined, `agent row ${uid} is there`);
    const { now, ...agent } = rows[0];
    return { agent, now };
  }

  async queueBehind(uid: string): Promise<void> {
    await this.db.query({
      name: 'agent-queue',
      text: `select pg_advisory_xact_lock(${CREATE_QUEUE}, ($1::bigint % 2147483647)::int)`,
      values: [uid],
    });
  }

  /** Fixed one-minute windows on the database clock. */
  async countCall(agentUid: string): Promise<{ calls: number; resetSeconds: number }> {
    const { rows } = await this.db.query<{ calls: number; reset: number }>({
      name: 'rate-count',
      text: `insert into "rate_windows" ("agent_uid", "window_start", "calls") values ($1, date_trunc('minute', clock_timestamp()), 1)
             on conflict ("agent_uid", "window_start") do update set "calls" = "rate_windows"."calls" + 1
             returning "calls", ceil(60 - extract(second from clock_timestamp()))::int as "reset"`,
      values: [agentUid],
    });
    return { calls: rows[0]?.calls ?? 0, resetSeconds: Math.max(1, rows[0]?.reset ?? 60) };
  }

  async setSuspended(
    id: string,
    change: { readonly suspended: boolean; readonly actor: Actor; readonly reason: string | null },
  ): Promise<{ changed: boolean; now: number } | null> {
    const living = await this.living(id);
    if (living === null) return null;
    await takeAgents(this.db, [living.uid]);
    // Read again, now that nobody changes it any more: it may have been retired in the meantime.
    const row = await this.living(id);
    if (row?.uid !== living.uid) return null;
    if (row.suspended === change.suspended) return { changed: false, now: Date.now() };
    return { changed: true, now: await (change.suspended ? suspend : resume)(this.db, row.uid, change) };
  }

  /** Facts that policy reads, looked up and never counted. @param without the id of the request that is judged, once it is written */
  async facts(uid: string, actions: readonly string[], without: string | null = null): Promise<AgentFacts> {
    const { rows } = await this.db.query<{ facts: CountedFacts }>({
      name: 'agent-facts',
      text: `select agent_facts($1, $2, $3) as "facts"`,
      values: [uid, actions, without],
    });
    invariant(rows[0] !== undefined, 'facts are one row');
    return agentFacts(rows[0].facts);
  }
}
