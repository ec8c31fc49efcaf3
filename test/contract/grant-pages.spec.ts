import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { GrantFilter, GrantPosition } from '#escalations/watch/history.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import { grantState } from '#escalations/state-now.js';
import { cloneDatabase, type Database } from '../harness/world/database.js';
import { writePastGrants } from '../harness/world/past-grants.js';
import { createPool, type DatabasePool } from '../../libs/persistence/src/connection/pool.js';
import { NOW } from '../../libs/persistence/src/sql/columns.js';
import { GRANT_COLUMNS, GRANT_FROM } from '../../libs/persistence/src/sql/grants.js';
import { withAncestors } from '../../libs/persistence/src/sql/state-now.js';
import { GrantPages } from '../../libs/persistence/src/watch/grant-pages.js';

const HOUR = 3_600_000;
const VALUES: { readonly [K in keyof GrantFilter]-?: readonly GrantFilter[K][] } = {
  agentUid: ['1'],
  agent: ['bot-a', 'bot-d', 'nobody'],
  resource: ['https://payments.example', 'https://mail.example'],
  action: ['payment.read', 'refund.create', 'nothing'],
  status: ['ready', 'active', 'completed', 'expired', 'revoked'],
  approver: ['alice', 'carol', 'dave'],
  from: [Date.now() - 25.1 * HOUR],
  to: [Date.now() - 25.05 * HOUR],
};
const NAMES = Object.keys(VALUES) as (keyof GrantFilter)[];

/** Every value of every filter alone, and every two of two filters together. */
const SINGLE: readonly GrantFilter[] = [
  {},
  ...NAMES.flatMap((name) => VALUES[name].map((value) => ({ [name]: value }))),
];
const PAIRS: readonly GrantFilter[] = NAMES.flatMap((one, index) =>
  NAMES.slice(index + 1).flatMap((other) =>
    VALUES[one].flatMap((first) => VALUES[other].map((second) => ({ [one]: first, [other]: second }))),
  ),
);

let server: string;
beforeAll(() => {
  server = process.env['WRIT_TEST_SERVER_URL'] ?? '';
});

describe('pages of grants', () => {
  let database: Database;
  let pool: DatabasePool;
  let pages: GrantPages;
  let all: GrantRow[];
  let approvers: ReadonlyMap<string, ReadonlySet<string>>;

  beforeAll(async () => {
    database = await cloneDatabase(server);
    const [, suspended] = await writePastGrants(database.pool, 1_200);
    await endUnwritten(database.pool, suspended ?? '');
    pool = createPool(database.url, { max: 3 });
    pages = new GrantPages(pool);
    const { rows } = await pool.query<GrantRow & { created: string; now: number }>(
      `select ${GRANT_COLUMNS}, ${NOW} ${GRANT_FROM} order by g."created_at" desc, g."id" desc`,
    );
    all = await withAncestors(pool, rows);
    const votes = await pool.query<{ escalation: string; people: string[] }>(
      `select "escalation_id" as "escalation", array_agg("person_id") as "people" from "votes" where "verdict" = 'approve' group by 1`,
    );
    approvers = new Map(votes.rows.map(({ escalation, people }) => [escalation, new Set(people)]));
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  /** The list as whoever reads every grant would make it. */
  function meant(filter: GrantFilter): string[] {
    const { agentUid, agent, resource, action, status, approver, from, to } = filter;
    return all
      .filter(
        (row) =>
          (agentUid === undefined || row.agentUid === agentUid) &&
          (agent === undefined || row.agentId === agent) &&
          (resource === undefined || row.resource === resource) &&
          (action === undefined || row.actions.includes(action)) &&
          (status === undefined || grantState(row, Date.now()).status === status) &&
          (approver === undefined || approvers.get(row.escalationId)?.has(approver) === true) &&
          (from === undefined || row.createdAt >= from) &&
          (to === undefined || row.createdAt < to),
      )
      .map(({ id }) => id);
  }

  async function listed(filter: GrantFilter, limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let after: GrantPosition | null = null, more = true; more;) {
      const { rows, next, now } = await pages.page(filter, limit, after);
      expect(rows.every((row) => filter.status === undefined || grantState(row, now).status === filter.status)).toBe(
        true,
      );
      found.push(...rows.map(({ id }) => id));
      [after, more] = [next, next !== null];
    }
    return found;
  }

  it('of these are every state by its column and by what is not written yet', () => {
    const by = (open: boolean): string[] =>
      [
        ...new Set(
          all
            .filter(({ status }) => ['ready', 'active'].includes(status) === open)
            .map((row) => grantState(row, Date.now()).status),
        ),
      ].sort();
    expect(by(false)).toEqual(['completed', 'expired', 'revoked']);
    expect(by(true)).toEqual(['active', 'expired', 'ready', 'revoked']);
  });

  it('hold by each filter what a reader of all grants would list', async () => {
    for (const filter of SINGLE)
      expect({ filter, ids: await listed(filter, 61) }).toEqual({ filter, ids: meant(filter) });
  });

  it('hold by every two filters what a reader of all grants would list', async () => {
    for (const filter of PAIRS)
      expect({ filter, ids: await listed(filter, 97) }).toEqual({ filter, ids: meant(filter) });
  });

  it('neither leave out nor repeat a grant where many have one instant', async () => {
    for (const filter of [{}, { status: 'revoked' }, { agent: 'bot-a', action: 'refund.create' }])
      for (const limit of [1, 2, 7]) expect(await listed(filter, limit)).toEqual(meant(filter));
  });
});

/** Ends open grants in each way that a column does not tell yet. */
async function endUnwritten(pool: pg.Pool, suspended: string): Promise<void> {
  const open = `"status" in ('ready', 'active')`;
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    for (const statement of [
      `update "grants" set "ready_until" = least("ready_until", now() - interval '1 minute'), "deadline" = now() - interval '1 minute',
         "expires_at" = case when "status" = 'active' then now() - interval '1 minute' end where ${open} and hashtext("id") % 7 = 0`,
      `update "grants" set "heartbeat_seconds" = 5 where "status" = 'active' and hashtext("id") % 7 = 1`,
      `update "grants" g set "parents" = array(select p."id" from "grants" p where p."status" = 'completed' order by p."id" limit 1)
         where ${open} and hashtext("id") % 7 = 2`,
      `insert into "signing_keys" ("kid", "alg", "public_jwk", "wrapped_private", "active_from", "compromised_at") values ('k', 'ES256', '{}', '', now(), now())`,
      `insert into "tokens" ("jti", "grant_id", "kid", "claims", "expires_at") select 'tok' || "id", "id", 'k', '{}', now() from "grants"
         where "status" = 'active' and hashtext("id") % 7 = 3`,
      `insert into "kill_switches" ("kind", "subject", "not_before", "mac") values ('approver', 'carol', now(), 'm')`,
      `insert into "kill_switches" ("kind", "subject", "not_before", "mac") select 'task', "agent_uid" || '/task-7', now(), 'm' from "escalations" group by "agent_uid"`,
      `insert into "agent_suspensions" ("agent_uid", "change", "at", "actor_kind", "actor_id", "mac")
         values (${suspended}, 'suspended', now() - interval '25 hours 3 minutes', 'person', 'olga', 'm')`,
    ])
      await client.query(statement);
    await client.query('commit');
  } finally {
    client.release();
  }
}

describe('a page among twenty thousand grants', () => {
  const ROWS = 20_000;
  /** Of the indexes and tables that grow, for one page: as many for two thousand grants as for a million. */
  const ROWS_READ_MAX = 6_000;
  let database: Database;
  let pool: DatabasePool;
  const asked: pg.QueryConfig[] = [];

  beforeAll(async () => {
    database = await cloneDatabase(server);
    await writePastGrants(database.pool, ROWS);
    await database.pool.query('vacuum analyze');
    pool = createPool(database.url, { max: 1 });
    const once = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<unknown>;
    Object.assign(pool, {
      query: (config: pg.QueryConfig) => {
        asked.push(config);
        return once(config);
      },
    });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it.each([...SINGLE, ...PAIRS].map((filter) => [JSON.stringify(filter), filter] as const))(
    'is read from indexes, by %s',
    async (_words, filter) => {
      asked.length = 0;
      await new GrantPages(pool).page(filter, 50, null);
      let read = 0;
      for (const statement of [...asked]) {
        expect(statement.name).toBeDefined();
        read += rowsRead(await planOf(database.pool, statement));
      }
      expect(read).toBeLessThan(ROWS_READ_MAX);
    },
  );
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** The plan that is kept for the statement, carried out with these values. */
async function planOf(pool: pg.Pool, { text, values = [] }: pg.QueryConfig): Promise<Plan> {
  const literal = (value: string | number | readonly string[] | null | undefined): string => {
    if (value === null || value === undefined) return 'null';
    const array = typeof value === 'object' ? `{${value.map((one) => JSON.stringify(one)).join()}}` : null;
    return pg.escapeLiteral(array ?? String(value as string | number));
  };
  const client = await pool.connect();
  try {
    await client.query('set plan_cache_mode = force_generic_plan');
    await client.query(`prepare looked_at as ${text}`);
    const given = values.length === 0 ? '' : `(${(values as Parameters<typeof literal>[0][]).map(literal).join()})`;
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, format json) execute looked_at${given}`,
    );
    return rows[0]?.['QUERY PLAN'][0].Plan as Plan;
  } finally {
    await client.query('deallocate all');
    client.release();
  }
}

const GROWING = ['grants', 'grant_approvers', 'escalations', 'votes', 'tokens'];

function rowsRead(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, part) => sum + rowsRead(part), 0);
  if (!GROWING.includes(plan['Relation Name'] ?? '')) return below;
  return below + (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
}
