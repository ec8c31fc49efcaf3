import type { StopKind, Reach, StopOrders } from '#escalations/end/stop-orders.js';
import type { StopOrder } from '#escalations/sealed-content.js';
import type { Queryable } from '../connection/queryable.js';
import { THROWN } from '../sql/kills.js';
import { addSealed } from '../sql/sealed-records.js';
import { escalationOpenNow, GRANT_OPEN_NOW } from '../sql/state-now.js';

/** For the server to count in. */
const COUNT_MS = 500;

/** Stop orders over a transaction's connection. */
export class PostgresStopOrders implements StopOrders {
  constructor(private readonly db: Queryable) {}

  async reach(kind: StopKind, id: string): Promise<Reach> {
    await this.db.query(`set local statement_timeout = ${COUNT_MS}`);
    const { rows } = await this.db.query<Reach>({ name: `kill-reach-${kind}`, text: REACH[kind], values: [id] });
    return rows[0] as Reach;
  }

  async stopTask(agentId: string, taskId: string): Promise<number | null> {
    const { rows } = await this.db.query<{ subject: string }>(
      `select a."uid"::text || '/' || $2 as "subject" from "agents" a where a."id" = $1 and a."retired_at" is null
         and exists (select 1 from "escalations" e where e."agent_uid" = a."uid" and e."task_id" = $2)`,
      [agentId, taskId],
    );
    const [task] = rows;
    return task === undefined ? null : this.throw('task', task.subject);
  }

  async stopApprover(person: string): Promise<number> {
    return this.throw('approver', person);
  }

  async hasVoted(person: string): Promise<boolean> {
    const { rowCount } = await this.db.query('select 1 from "votes" where "person_id" = $1 limit 1', [person]);
    return rowCount !== 0;
  }

  async pendingWithEndedApproval(person: string): Promise<readonly string[]> {
    const { rows } = await this.db.query<{ id: string }>(
      `select distinct e."id" from ${THROWN} k join "votes" v on v."person_id" = k."subject" and v."verdict" = 'approve' and v."at" <= k."not_before"
           and v."at" > k."not_before" - interval '8 days'
         join "escalations" e on e."id" = v."escalation_id" and e."status" = 'pending'
       where k."kind" = 'approver' and k."subject" = $1`,
      [person],
    );
    return rows.map((row) => row.id);
  }

  private async throw(kind: StopOrder['kind'], subject: string): Promise<number> {
    const { at } = await addSealed(this.db, 'kill', ({ id, at: notBefore }) => ({ id, kind, subject, notBefore }));
    return at;
  }
}

/** An approval `v` of the person $1 that no switch has ended. */
const COUNTING = `v."person_id" = $1 and v."verdict" = 'approve' and not exists (
  select 1 from ${THROWN} k where k."kind" = 'approver' and k."subject" = v."person_id" and v."at" <= k."not_before")`;

/** An escalation `e` of the agent and the task that $1 names as `<agent>/<task id>`. */
const OF_TASK = `a."id" = split_part($1, '/', 1) and a."retired_at" is null and e."task_id" = substr($1, strpos($1, '/') + 1)`;

interface Scope {
  /** SQL that holds for a grant `g` of the escalation `e` and the agent `a` in scope. */
  readonly grants: string;
  /** SQL that holds for an open request `e` of the agent `a` in scope. */
  readonly asks: string;
  readonly approvals: string;
}

const SCOPES: Readonly<Record<StopKind, Scope>> = {
  agent: {
    grants: `a."id" = $1 and a."retired_at" is null`,
    asks: `a."id" = $1 and a."retired_at" is null`,
    approvals: '0',
  },
  task: { grants: OF_TASK, asks: OF_TASK, approvals: '0' },
  approver: {
    grants: `exists (select 1 from "votes" v where v."escalation_id" = e."id" and ${COUNTING})`,
    asks: `exists (select 1 from "votes" v where v."escalation_id" = e."id" and ${COUNTING})`,
    approvals: `(select count(*)::int from "votes" v where ${COUNTING})`,
  },
  key: {
    grants: `exists (select 1 from "tokens" t where t."grant_id" = g."id" and t."kid" = $1 and t."ended_at" is null)`,
    asks: 'false',
    approvals: '0',
  },
};

/** For each kind the statement that answers a `Reach`; $1 is the id of the order. */
const REACH = Object.fromEntries(Object.entries(SCOPES).map(([kind, scope]) => [kind, statement(scope)])) as Readonly<
  Record<StopKind, string>
>;

/** What is below a grant that ends, ends too. Both are found by what they are of, and only then judged. */
function statement({ grants, asks, approvals }: Scope): string {
  const live = `from "grants" g join "agents" a on a."uid" = g."agent_uid" join "escalations" e on e."id" = g."escalation_id"`;
  return `with hit as materialized (
      select g."id" ${live} where (${grants}) and ${GRANT_OPEN_NOW}),
      above as materialized (select coalesce(array_agg("id"), '{}') as "ids" from hit)
    select cardinality(above."ids") + (
        select count(*)::int ${live} where g."parents" && above."ids" and ${GRANT_OPEN_NOW}
          and not exists (select 1 from hit where hit."id" = g."id")) as "grants",
      (select count(*)::int from "escalations" e join "agents" a on a."uid" = e."agent_uid"
       where ${escalationOpenNow('e', 'a')} and ((${asks}) or e."parents" && above."ids")) as "asks",
      ${approvals} as "approvals"
    from above`;
}
