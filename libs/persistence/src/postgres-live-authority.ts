import { Injectable } from '@nestjs/common';
import type { Risk } from '#domain/policy-decision.js';
import { RISKS } from '#domain/risk.js';
import {
  LIVE_COUNTED_MAX,
  LiveAuthority,
  type LiveCount,
  type LivePlace,
  type LivePosition,
  type LiveQuery,
  type LiveState,
} from '#escalations/live-authority.js';
import { DatabasePool } from './pool.js';
import { castBy, INSTANT_OF, MICROS, voterValues } from './sql/columns.js';
import { GRANT_FROM } from './sql/grants.js';
import { GRANT_STATUS_NOW } from './sql/standing.js';

const ORDER = `g."risk_order", g."deadline", g."id"`;

/** Conditions of one query, with their values in the order of their parameters. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];
  private names = '';

  /** @param sql writes the condition, given the number of its first parameter */
  add(name: string, values: readonly unknown[], sql: (first: number) => string): void {
    this.parts.push(sql(this.values.length + 1));
    this.values.push(...values);
    this.names += `-${name}`;
  }

  /** One more value: the number of its parameter. */
  value(value: unknown): number {
    return this.values.push(value);
  }

  get sql(): string {
    return this.parts.map((part) => ` and ${part}`).join('');
  }

  /** Of the statement: each set of conditions is planned by itself, so that each finds its index. */
  get name(): string {
    return this.names;
  }
}

/** Live grants over the index that has them by risk and end. Which of them still stand is judged row by row as they come. */
@Injectable()
export class PostgresLiveAuthority extends LiveAuthority {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async page(
    query: LiveQuery & { readonly state: LiveState; readonly risk?: Risk | undefined },
    limit: number,
    after: LivePosition | null,
  ): Promise<readonly LivePlace[]> {
    const where = conditionsOf(query);
    const { state, risk } = query;
    if (risk !== undefined) where.add('risk', [RISKS.indexOf(risk)], (first) => `g."risk_order" = $${first}::int`);
    if (after !== null)
      where.add('after', [after.risk, after.key, after.id], (first) => {
        const end = INSTANT_OF(`$${first + 1}`);
        return `(${ORDER}) > ($${first}::smallint, ${end}, $${first + 2}::text)`;
      });
    const { rows } = await this.pool.query<LivePlace>({
      name: `live-page-${state}${where.name}`,
      text: `select g."escalation_id" as "escalation", g."risk_order" as "risk", ${MICROS('g."deadline"')} as "key", g."id"
             ${GRANT_FROM} where g."status" = '${state}' and (${GRANT_STATUS_NOW}) = '${state}'${where.sql}
             order by ${ORDER} limit $${where.value(limit)}`,
      values: where.values,
    });
    return rows;
  }

  override async counts(query: LiveQuery): Promise<readonly LiveCount[]> {
    const where = conditionsOf(query);
    const most = where.value(LIVE_COUNTED_MAX + 1);
    const of = (state: LiveState): string =>
      `(select g."status", g."risk_order", g."agent_id", g."resource" ${GRANT_FROM}
        where g."status" = '${state}' and (${GRANT_STATUS_NOW}) = '${state}'${where.sql} order by g."risk_order" limit $${most})`;
    const { rows } = await this.pool.query<Omit<LiveCount, 'risk'> & { risk: number }>({
      name: `live-counts${where.name}`,
      text: `select g."status" as "state", g."risk_order" as "risk", g."agent_id" as "agent", g."resource", count(*)::int as "count"
             from (${of('active')} union all ${of('ready')}) g group by 1, 2, 3, 4 order by 2, 5 desc, 3, 4`,
      values: where.values,
    });
    return rows.map(({ risk, ...row }) => ({ ...row, risk: RISKS[risk] ?? 'low' }));
  }
}

function conditionsOf({ reader, agent, resource, like }: LiveQuery): Conditions {
  const where = new Conditions();
  if (reader !== null && reader.resources !== null)
    where.add(
      'own',
      [reader.resources, ...voterValues(reader.voter)],
      (first) => `(g."resource" = any($${first}::text[]) or exists (select 1 from "votes" v
        where v."escalation_id" = g."escalation_id" and v."verdict" = 'approve' and ${castBy(first + 1)}))`,
    );
  if (agent !== undefined)
    where.add('agent', [agent], (first) => {
      return `g."agent_uid" = (select "uid" from "agents" where "id" = $${first} and "retired_at" is null)`;
    });
  if (resource !== undefined) where.add('resource', [resource], (first) => `g."resource" = $${first}`);
  if (like !== undefined)
    where.add('like', [like.text, like.agents, like.resources], (first) => {
      const [agents, resources] = [`$${first + 1}::text[]`, `$${first + 2}::text[]`];
      return `(strpos(lower(g."agent_id"), $${first}) > 0 or strpos(lower(g."resource"), $${first}) > 0
        or g."agent_id" = any(${agents}) or g."resource" = any(${resources}))`;
    });
  return where;
}
