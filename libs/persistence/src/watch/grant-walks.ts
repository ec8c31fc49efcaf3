import type { GrantFilter } from '#escalations/watch/history.js';
import type { DatabasePool } from '../connection/pool.js';
import { INSTANT_OF, MICROS } from '../sql/columns.js';
import { OVER_GRANTS } from '../sql/over-grants.js';

type Reads = Pick<DatabasePool, 'query'>;

/** Where a grant stands in the list, newest first. */
export interface Place {
  readonly id: string;
  /** Of its creation, epoch microseconds. */
  readonly micros: string;
}

/** Grants created since `since` and before the place `before`, both epoch microseconds. */
export interface Span {
  readonly since: string;
  readonly before: Place;
}

/** One run of an index: grants that agree in all of it stand there newest first. */
export interface Run {
  readonly uid?: string;
  readonly resource?: string;
  readonly actions?: readonly string[];
  readonly status?: string;
  readonly person?: string;
}

/** By what an index has the grants in runs. */
export type WalkName = 'status' | 'agent' | 'kind' | 'agent-kind' | 'approver';

interface Index {
  readonly table: string;
  readonly id: string;
  /** That a row `g` is of the run `b`. */
  readonly on: string;
}

const GRANTS = { table: `"grants"`, id: `g."id"` };
const INDEXES: Readonly<Record<WalkName, Index>> = {
  status: { ...GRANTS, on: `g."status" = b."status"` },
  agent: { ...GRANTS, on: `g."agent_uid" = b."uid" and g."status" = b."status"` },
  kind: { ...GRANTS, on: `g."resource" = b."resource" and g."actions" = b."actions" and g."status" = b."status"` },
  'agent-kind': {
    ...GRANTS,
    on: `g."agent_uid" = b."uid" and g."resource" = b."resource" and g."actions" = b."actions"`,
  },
  approver: { table: `"grant_approvers"`, id: `g."grant_id"`, on: `g."person_id" = b."person"` },
};

const SPAN = (id: string): string =>
  `(g."created_at", ${id}) < (${INSTANT_OF('$2')}, $3::text) and g."created_at" >= ${INSTANT_OF('$4')}`;

/**
 * The newest of many runs of one index. First the newest grant of each run is read: where there are as many runs as grants
 * are wanted, nothing older than the last of those can be in the answer, so few runs are read further. At a million grants,
 * 51 of 120 runs: 0.9 ms; reading 51 of each run and sorting them: 6 ms; an index of what is filtered and a filter for the
 * rest: 25 to 210 ms.
 */
function walkText({ table, id, on }: Index): string {
  return `with b as materialized (select * from json_to_recordset($1::json)
      as r("uid" bigint, "resource" text, "actions" text[], "status" text, "person" text)),
    heads as materialized (select b.*, newest."created_at" as "head" from b cross join lateral (
      select g."created_at" from ${table} g where ${on} and ${SPAN(id)} order by g."created_at" desc, ${id} desc limit 1) newest),
    least as materialized (select (select "head" from heads order by "head" desc offset $5::int - 1 limit 1) as "at")
    select w."id", ${MICROS('w."created_at"')} as "micros" from heads b cross join lateral (
      select g."created_at", ${id} as "id" from ${table} g where ${on} and ${SPAN(id)}
        and g."created_at" >= coalesce((select "at" from least), '-infinity') order by g."created_at" desc, ${id} desc limit $5::int) w
    order by w."created_at" desc, w."id" desc limit $5::int`;
}

const WALKS = Object.fromEntries(
  Object.entries(INDEXES).map(([name, index]) => [name, { name: `history-walk-${name}`, text: walkText(index) }]),
) as Readonly<Record<WalkName, { readonly name: string; readonly text: string }>>;

/** The newest `limit` grants of these runs within the span, newest first. */
export async function walk(
  db: Reads,
  name: WalkName,
  runs: readonly Run[],
  { before, since }: Span,
  limit: number,
): Promise<Place[]> {
  if (runs.length === 0) return [];
  const values = [JSON.stringify(runs), before.micros, before.id, since, limit];
  return (await db.query<Place>({ ...WALKS[name], values })).rows;
}

/** Kinds are looked at so far: more than this is not a walk but a search. */
const KINDS_READ_MAX = 1_500;
/** Runs that are walked at once. */
const KINDS_MAX = 400;

/** What a grant is for. */
type Kind = Required<Pick<Run, 'resource' | 'actions'>> & Pick<Run, 'uid'>;

/**
 * The kinds that an index has, each found by one descent from the one before. @param of what narrows them
 * @param order what they differ in
 */
function kindsText(of: readonly string[], order: readonly string[]): string {
  const row = (alias: string): string => order.map((column) => `${alias}."${column}"`).join(', ');
  const next = (after: readonly string[]): string => {
    const where = [...of, ...after].join(' and ');
    return `select g."resource", g."actions" from "grants" g ${where === '' ? '' : `where ${where}`} order by ${row('g')} limit 1`;
  };
  return `(with recursive k as ((${next([])}) union all select n.* from k cross join lateral (
      ${next([`(${row('g')}) > (${row('k')})`])}) n)
    select * from k limit ${KINDS_READ_MAX + 1})`;
}

/**
 * What there are grants for, of these agents, at this resource and with this action, where named: few, however many grants
 * there are. `null` where they are not few.
 */
export async function kinds(
  db: Reads,
  uids: readonly string[] | null,
  { resource, action }: Pick<GrantFilter, 'resource' | 'action'>,
): Promise<readonly Kind[] | null> {
  const values: unknown[] = [action ?? null];
  const of: string[] = [];
  // In one resource, by actions alone: over both, PostgreSQL would read all of the resource each time.
  const order = resource === undefined ? ['resource', 'actions'] : ['actions'];
  if (uids !== null) of.push(`g."agent_uid" = u."uid"`);
  if (resource !== undefined) of.push(`g."resource" = $${values.push(resource)}`);
  const agents = uids === null ? '' : `unnest($${values.push(uids)}::bigint[]) as u("uid") cross join lateral `;
  const { rows } = await db.query<{ read: number; kinds: Kind[] | null }>({
    name: `history-kinds${uids === null ? '' : '-agent'}${resource === undefined ? '' : '-resource'}`,
    text: `with k as materialized (select * from ${agents}${kindsText(of, order)} k)
           select (select count(*)::int from k) as "read", (select json_agg(meant) from (
             select * from k where ($1::text is null or $1 = any(k."actions")) limit ${KINDS_MAX + 1}) meant) as "kinds"`,
    values,
  });
  const { read = 0, kinds: found = null } = rows[0] ?? {};
  if (read > KINDS_READ_MAX || (found ?? []).length > KINDS_MAX) return null;
  return found ?? [];
}

/** So many of those that are over and not yet written so are looked at in one page. */
export const OVER_MAX = 1_000;

/** Grants that are over though their column says open, newest first. */
export async function over(
  db: Reads,
  { before, since }: Span,
  uids: readonly string[] | null,
): Promise<readonly Place[]> {
  const { rows } = await db.query<Place>({
    name: 'history-over',
    // The limit keeps the join a look-up by id: there are few of them, which PostgreSQL cannot know.
    text: `select o."id", ${MICROS('o."created_at"')} as "micros" from (${OVER_GRANTS}) x("id") cross join lateral (
             select g.* from "grants" g where g."id" = x."id" and g."status" in ('ready', 'active') limit 1) o
           where ($1::bigint[] is null or o."agent_uid" = any($1)) and (o."created_at", o."id") < (${INSTANT_OF('$2')}, $3::text)
             and o."created_at" >= ${INSTANT_OF('$4')}
           order by o."created_at" desc, o."id" desc limit ${OVER_MAX}`,
    values: [uids, before.micros, before.id, since],
  });
  return rows;
}
