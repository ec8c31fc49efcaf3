import { Injectable } from '@nestjs/common';
import type { Risk } from '#domain/policy-decision.js';
import { RISKS } from '#domain/risk.js';
import {
  LIVE_COUNTED_MAX,
  LIVE_READ_MAX,
  LiveAuthority,
  type LiveCount,
  type LiveCounts,
  type LivePlace,
  type LivePlaces,
  type LivePosition,
  type LiveQuery,
  type LiveState,
} from '#escalations/watch/live-authority.js';
import { DatabasePool } from '../connection/pool.js';
import { castBy, INSTANT_OF, MICROS, voterValues } from '../sql/columns.js';
import { GRANT_STATUS_NOW } from '../sql/state-now.js';

/** Rows of every batch after the first: where most have ended, small ones are many statements. */
const BATCH = 500;

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

/**
 * Live grants over the index that has them by risk and end. It is read first, as far as is asked for, and only those rows
 * are judged: whether a grant still stands is costly to say, and nearly all that it holds do.
 */
@Injectable()
export class PostgresLiveAuthority extends LiveAuthority {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async page(
    query: LiveQuery & { readonly state: LiveState; readonly risk?: Risk | undefined },
    limit: number,
    after: LivePosition | null,
  ): Promise<LivePlaces> {
    const found: LivePlace[] = [];
    let [from, read] = [after, 0];
    for (let wanted = limit + 1; wanted > 0; wanted = Math.min(BATCH, LIVE_READ_MAX - read)) {
      const rows = await this.read(query, wanted, from);
      found.push(...rows.filter(({ stands }) => stands));
      const places = found.slice(0, limit);
      if (found.length > limit) return { places, next: positionOf(places.at(-1)) };
      if (rows.length < wanted) return { places, next: null };
      from = rows.at(-1) ?? from;
      read += rows.length;
    }
    return { places: found, next: positionOf(from) };
  }

  private async read(
    query: LiveQuery & { readonly state: LiveState; readonly risk?: Risk | undefined },
    limit: number,
    after: LivePosition | null,
  ): Promise<(LivePlace & { readonly stands: boolean })[]> {
    const where = conditionsOf(query);
    const { state, risk } = query;
    if (risk !== undefined) where.add('risk', [RISKS.indexOf(risk)], (first) => `g."risk_order" = $${first}::int`);
    if (after !== null)
      where.add('after', [after.risk, after.key, after.id], (first) => {
        const end = INSTANT_OF(`$${first + 1}`);
        return `(${ORDER}) > ($${first}::smallint, ${end}, $${first + 2}::text)`;
      });
    const { rows } = await this.pool.query<LivePlace & { stands: boolean }>({
      name: `live-page-${state}${where.name}`,
      text: `with g as materialized (${listed(state, where, where.value(limit))})
             select g."escalation_id" as "escalation", g."risk_order" as "risk", ${MICROS('g."deadline"')} as "key", g."id",
               (${GRANT_STATUS_NOW}) = '${state}' as "stands" from g join "agents" a on a."uid" = g."agent_uid" order by ${ORDER}`,
      values: where.values,
    });
    return rows;
  }

  override async counts(query: LiveQuery): Promise<LiveCounts> {
    const where = conditionsOf(query);
    const most = where.value(LIVE_COUNTED_MAX + 1);
    const { rows } = await this.pool.query<Omit<LiveCount, 'risk'> & { risk: number; stands: boolean }>({
      name: `live-counts${where.name}`,
      text: `with g as materialized ((${listed('active', where, most)}) union all (${listed('ready', where, most)}))
             select g."status" as "state", g."risk_order" as "risk", g."agent_id" as "agent", g."resource",
               (${GRANT_STATUS_NOW}) = g."status" as "stands", count(*)::int as "count"
             from g join "agents" a on a."uid" = g."agent_uid" group by 1, 2, 3, 4, 5`,
      values: where.values,
    });
    const read = (state: LiveState): number =>
      rows.reduce((sum, row) => sum + (row.state === state ? row.count : 0), 0);
    return {
      rows: rows.flatMap(({ risk, stands, ...row }) => (stands ? [{ ...row, risk: RISKS[risk] ?? 'low' }] : [])),
      more: { active: read('active') > LIVE_COUNTED_MAX, ready: read('ready') > LIVE_COUNTED_MAX },
    };
  }
}

function positionOf(place: LivePosition | null | undefined): LivePosition | null {
  return place === null || place === undefined ? null : { risk: place.risk, key: place.key, id: place.id };
}

/** Rows as the index has them, for `GRANT_STATUS_NOW` to judge. @param most the parameter that says how many */
function listed(state: LiveState, where: Conditions, most: number): string {
  return `select g.* from "grants" g where g."status" = '${state}'${where.sql} order by ${ORDER} limit $${most}`;
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
