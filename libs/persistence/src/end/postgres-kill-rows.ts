import type pg from 'pg';
import { KillRows, type KillKind, type Reach } from '#escalations/end/kill-rows.js';
import type { KillRecord } from '#escalations/sealed-content.js';
import { REACH } from './kill-reach.js';
import { THROWN } from '../sql/kills.js';
import { addSealed } from '../sql/sealed-records.js';

/** For the server to count in. */
const COUNT_MS = 500;

/** The switches of one open transaction. */
export class PostgresKillRows extends KillRows {
  constructor(private readonly client: pg.PoolClient) {
    super();
  }

  override async reach(kind: KillKind, id: string): Promise<Reach> {
    await this.client.query(`set local statement_timeout = ${COUNT_MS}`);
    const { rows } = await this.client.query<Reach>({ name: `kill-reach-${kind}`, text: REACH[kind], values: [id] });
    return rows[0] as Reach;
  }

  override async task(agentId: string, taskId: string): Promise<number | null> {
    const { rows } = await this.client.query<{ subject: string }>(
      `select a."uid"::text || '/' || $2 as "subject" from "agents" a where a."id" = $1 and a."retired_at" is null
         and exists (select 1 from "escalations" e where e."agent_uid" = a."uid" and e."task_id" = $2)`,
      [agentId, taskId],
    );
    const [task] = rows;
    return task === undefined ? null : this.throw('task', task.subject);
  }

  override async approver(person: string): Promise<number> {
    return this.throw('approver', person);
  }

  override async hasVoted(person: string): Promise<boolean> {
    const { rowCount } = await this.client.query('select 1 from "votes" where "person_id" = $1 limit 1', [person]);
    return rowCount !== 0;
  }

  private async throw(kind: KillRecord['kind'], subject: string): Promise<number> {
    const { at } = await addSealed(this.client, 'kill', ({ id, at: notBefore }) => ({ id, kind, subject, notBefore }));
    return at;
  }

  override async pendingWithEnded(person: string): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ id: string }>(
      `select distinct e."id" from ${THROWN} k join "votes" v on v."person_id" = k."subject" and v."verdict" = 'approve' and v."at" <= k."not_before"
           and v."at" > k."not_before" - interval '8 days'
         join "escalations" e on e."id" = v."escalation_id" and e."status" = 'pending'
       where k."kind" = 'approver' and k."subject" = $1`,
      [person],
    );
    return rows.map((row) => row.id);
  }
}
