import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LIVE_READ_MAX, type LivePosition } from '#escalations/watch/live-authority.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresLiveAuthority } from '#persistence/watch/postgres-live-authority.js';
import { readAsk } from '../../harness/actors/agent.js';
import { copyLiveGrants } from '../../harness/world/live-grants.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';

/** More than one page looks at, of an agent that is stopped. */
const STOPPED = LIVE_READ_MAX + 600;
const LIVE = 5;

let stage: Stage;

beforeAll(async () => {
  // Without a worker nobody writes the ends.
  stage = await setStage(undefined, { roles: 'api' });
  const { grant } = await collectedRefund(stage, { requested_ttl: 200 });
  await copyLiveGrants(stage.world, grant, {
    count: STOPPED - 1,
    state: 'active',
    endsIn: (index) => 3_600 + index,
  });
  const read = created(await stage.caller('rival-bot').ask(readAsk()), 201) as unknown as { grant: { id: string } };
  await copyLiveGrants(stage.world, read.grant.id, { count: LIVE, state: 'active', endsIn: (index) => 600 + index });
  expect((await stage.caller('ops-cli').post('/v1/agents/support-bot/suspend', {})).status).toBe(200);
  const { rows } = await stage.world.database.pool.query(
    `select count(*)::int as "count" from "grants" where "status" = 'active' and "agent_id" = 'support-bot'`,
  );
  expect(rows).toEqual([{ count: STOPPED }]);
}, 120_000);
afterAll(() => stage.close());

/** Live grants over the same database, and how many statements each page ran and rows it read. */
function counted(): { readonly live: PostgresLiveAuthority; readonly rows: number[] } {
  const rows: number[] = [];
  const { pool } = stage.world.database;
  const query = async (asked: { readonly text: string; readonly values: unknown[] }): Promise<unknown> => {
    const answer = await pool.query(asked);
    rows.push(answer.rows.length);
    return answer;
  };
  return { live: new PostgresLiveAuthority({ query } as unknown as DatabasePool), rows };
}

it('a page of live grants reads so many rows and no more, in few statements, and says how far it came', async () => {
  const { live, rows } = counted();
  const query = { reader: null, state: 'active' } as const;
  const first = await live.page(query, 20, null);
  expect([first.places, first.next]).toEqual([[], { risk: 0, key: expect.any(String), id: expect.any(String) }]);
  expect([rows[0], rows[1], Math.max(...rows)]).toEqual([21, 500, 500]);
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(LIVE_READ_MAX);
  expect(rows.length).toBeLessThanOrEqual(LIVE_READ_MAX / 500 + 1);
  const second = await live.page(query, 20, first.next);
  expect([second.places.length, second.next]).toEqual([LIVE, null]);
});

it('a short page leads on to every grant once', async () => {
  const { live } = counted();
  const seen: string[] = [];
  let from: LivePosition | null = null;
  let pages = 0;
  do {
    const page: Awaited<ReturnType<typeof live.page>> = await live.page({ reader: null, state: 'active' }, 2, from);
    seen.push(...page.places.map(({ id }) => id));
    from = page.next;
    pages += 1;
  } while (from !== null && pages < 10);
  expect([seen.length, new Set(seen).size, from]).toEqual([LIVE, LIVE, null]);
});

it('the route answers an empty page with a cursor, and the rest behind it', async () => {
  const erin = await stage.person('erin');
  const { body } = await erin.send('GET', '/v1/people/grants?limit=100');
  expect([body.items, typeof body.next_cursor]).toEqual([[], 'string']);
  const rest = (await erin.send('GET', `/v1/people/grants?limit=100&cursor=${body.next_cursor as string}`)).body;
  expect([(rest.items as object[]).length, rest.next_cursor]).toEqual([LIVE, null]);
});

it('the page of the agent that was stopped is answered, and holds nothing', async () => {
  const { status, body } = await (await stage.person('olga')).send('GET', '/v1/people/agents/support-bot');
  expect([status, body.status, body.holds]).toEqual([200, 'suspended', []]);
});
