import { Injectable } from '@nestjs/common';
import { AgentRecord, type OpenSuspension } from '#escalations/watch/agent-record.js';
import { DatabasePool } from '../connection/pool.js';
import { suspensionsOf } from '../sql/agents.js';
import { judgedSuspended } from '../sql/ends.js';
import { escalationOpenNow, GRANT_OPEN_NOW } from '../sql/state-now.js';
import { isSound, type Sealed } from '../sql/sealed-records.js';

const STILL_ASKS = escalationOpenNow('e', 'a');

/** What is known of one agent: short lists over its own indexes. */
@Injectable()
export class PostgresAgentRecord extends AgentRecord {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async suspension(agentUid: string): Promise<OpenSuspension | null> {
    const { rows } = await this.pool.query<{ suspensions: Sealed<'suspension'>[] | null }>({
      name: 'agent-record-suspension',
      text: `select ${suspensionsOf('$1::bigint')} as "suspensions"`,
      values: [agentUid],
    });
    const written = rows[0]?.suspensions ?? [];
    if (!judgedSuspended(this.pool, written)) return null;
    const newest = written.filter((one) => one.record.change === 'suspended' && isSound(this.pool, one)).at(-1)?.record;
    if (newest === undefined) return null;
    return { at: Number(newest.at) / 1_000, by: newest.actor, reason: newest.reason };
  }

  override async handedOn(agentUid: string): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>({
      name: 'agent-record-handed-on',
      text: `select count(*)::int as "count" from "grants" g join "agents" a on a."uid" = g."agent_uid"
             where ${GRANT_OPEN_NOW} and g."parents" is not null and g."agent_uid" <> $1
               and g."parents" && array(select own."id" from "grants" own where own."agent_uid" = $1 and own."status" in ('ready', 'active'))`,
      values: [agentUid],
    });
    return rows[0]?.count ?? 0;
  }

  override pending(agentUid: string, limit: number): Promise<readonly string[]> {
    return this.ids('pending', `${STILL_ASKS} order by e."deadline", e."id"`, agentUid, limit);
  }

  override decided(agentUid: string, limit: number): Promise<readonly string[]> {
    return this.ids('decided', `not (${STILL_ASKS}) order by e."created_at" desc, e."id" desc`, agentUid, limit);
  }

  private async ids(what: string, where: string, agentUid: string, limit: number): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: `agent-record-${what}`,
      text: `select e."id" from "escalations" e join "agents" a on a."uid" = e."agent_uid"
             where e."agent_uid" = $1 and ${where} limit $2`,
      values: [agentUid, limit],
    });
    return rows.map(({ id }) => id);
  }
}
