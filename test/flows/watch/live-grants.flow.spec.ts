import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { copyLiveGrants } from '../../harness/world/live-grants.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;
/** Approved by bob and collected; its grant is of high risk. */
let refund: string;

const COPIES = { refunds: 40, reads: 5_000 };

beforeAll(async () => {
  stage = await setStage(undefined, { roles: 'api' });
  refund = (await collectedRefund(stage, { requested_ttl: 200 })).grant;
  await copyLiveGrants(stage.world, refund, {
    count: COPIES.refunds,
    state: 'active',
    endsIn: (index) => 3_600 - index,
  });
  await copyLiveGrants(stage.world, await allowed('payment.read'), {
    count: COPIES.reads,
    state: 'ready',
    endsIn: (index) => 3_600 + index,
  });
  await copyLiveGrants(stage.world, await allowed('payment.annotate', { payment: 'p-1' }), {
    count: 3,
    state: 'active',
    endsIn: (index) => 7_200 + index,
  });
});
afterAll(() => stage.close());

/** Asks for what policy allows. @returns the id of the grant */
async function allowed(action: string, args?: Record<string, unknown>, agent = 'support-bot'): Promise<string> {
  const asked = await stage.caller(agent).ask({
    resource: 'https://payments.example',
    authorization_details: [
      { type: 'tool_call', actions: [action], ...(args === undefined ? {} : { arguments: args }) },
    ],
    task: { id: 'run-1', ticket: 'OPS-1' },
  });
  return (created(asked, 201) as unknown as { grant: { id: string } }).grant.id;
}

interface Item {
  id: string;
  risk: string;
  status: string;
  ends_at: string;
  may_revoke: boolean;
}

async function as(person: string, path: string): Promise<Answer> {
  return (await stage.person(person)).send('GET', path);
}

async function page(person: string, query = ''): Promise<{ view: string; items: Item[]; next_cursor: string | null }> {
  const got = await as(person, `/v1/people/grants${query}`);
  expect([got.status, got.body]).toEqual([200, expect.anything()]);
  return got.body as { view: string; items: Item[]; next_cursor: string | null };
}

async function counts(person: string, query = ''): Promise<Record<string, unknown>> {
  const got = await as(person, `/v1/people/grants/counts${query}`);
  expect([got.status, got.body]).toEqual([200, expect.anything()]);
  return got.body as Record<string, unknown>;
}

const SORTED = ['high', 'medium', 'low'];

describe('live grants', () => {
  it('are all there for auditors and operators, with a true count', async () => {
    for (const person of ['erin', 'olga'])
      expect(await counts(person)).toMatchObject({
        view: 'all',
        active: { total: 44, by_risk: { high: 41, medium: 3, low: 0 }, more: false },
        ready: { total: 5_002, by_risk: { high: 0, medium: 1, low: 5_001 }, more: false },
        agents: [{ id: 'support-bot', name: 'Support bot', count: 5_046 }],
        resources: [{ id: 'https://payments.example', name: 'Payments', count: 5_046 }],
      });
  });

  it('come with the highest risk first, then the nearest end, each once over all pages', async () => {
    const seen: Item[] = [];
    let cursor: string | null = null;
    do {
      const next = await page('erin', `?limit=10${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...next.items);
      cursor = next.next_cursor;
    } while (cursor !== null);
    expect([seen.length, new Set(seen.map(({ id }) => id)).size]).toEqual([44, 44]);
    const sorted = [...seen].sort(
      (a, b) => SORTED.indexOf(a.risk) - SORTED.indexOf(b.risk) || (a.ends_at < b.ends_at ? -1 : 1),
    );
    expect(seen.map(({ id }) => id)).toEqual(sorted.map(({ id }) => id));
    expect(seen[0]).toMatchObject({ id: refund, status: 'active', risk: 'high', resource_name: 'Payments' });
  });

  it('are apart from those that nobody has collected yet', async () => {
    const { items } = await page('erin', '?status=ready&limit=200');
    expect([items.length, items[0]?.risk, new Set(items.map(({ status }) => status))]).toEqual([
      200,
      'medium',
      new Set(['ready']),
    ]);
  });

  it('may be ended by operators, and are shown without that to auditors', async () => {
    expect((await page('olga')).items.every((item) => item.may_revoke)).toBe(true);
    expect((await page('erin')).items.some((item) => item.may_revoke)).toBe(false);
  });

  it('are to an approver those that they approved, and to an owner those of their resource', async () => {
    expect(await counts('bob')).toMatchObject({ view: 'yours', active: { total: 41 }, ready: { total: 0 } });
    const { view, items } = await page('bob', '?limit=200');
    expect([view, items.length, items.every((item) => item.may_revoke)]).toEqual(['yours', 41, true]);
    expect(await counts('omar')).toMatchObject({ view: 'yours', active: { total: 44 }, ready: { total: 5_002 } });
    expect(await counts('dave')).toMatchObject({
      view: 'yours',
      active: { total: 0 },
      ready: { total: 0 },
      agents: [],
    });
  });

  it('are found by risk, agent, resource, and by part of a name', async () => {
    const total = async (query: string): Promise<number> => (await page('erin', `?limit=200&${query}`)).items.length;
    expect(await total('risk=medium')).toBe(3);
    expect(await total('agent=support-bot')).toBe(44);
    expect(await total('agent=rival-bot')).toBe(0);
    expect(await total(`resource=${encodeURIComponent('https://payments.example')}`)).toBe(44);
    expect(await total('text=Paym')).toBe(44);
    expect(await total('text=PORT%20b')).toBe(44);
    expect(await total('text=nothing')).toBe(0);
    expect(await counts('erin', '?text=rival')).toMatchObject({
      active: { total: 0 },
      agents: [{ id: 'support-bot', count: 5_046 }],
    });
  });

  it('are gone from list and count once somebody has ended them', async () => {
    const held = await collectedRefund(stage, { task: { id: 'run-end' } });
    expect(await counts('erin')).toMatchObject({ active: { total: 45 } });
    await (await stage.person('bob')).send('POST', `/v1/grants/${held.grant}/revoke`, { reason: 'Enough.' });
    expect(await counts('erin')).toMatchObject({ active: { total: 44 } });
    expect((await page('erin', '?limit=200')).items.map(({ id }) => id)).not.toContain(held.grant);
  });

  it.each(['?status=ended', '?risk=HIGH', '?limit=0', '?person=bob', '?cursor=abc', '?text='])(
    'are not read with %s',
    async (query) => {
      expect([400, 422]).toContain((await as('erin', `/v1/people/grants${query}`)).status);
    },
  );

  it('have cursors that are good for one reader and one question', async () => {
    const { next_cursor: cursor } = await page('olga', '?limit=1');
    const status = async (person: string, query: string): Promise<number> =>
      (await as(person, `/v1/people/grants?${query}&cursor=${cursor}`)).status;
    expect(await status('olga', 'limit=1')).toBe(200);
    expect(await status('olga', 'limit=1&risk=high')).toBe(400);
    expect(await status('erin', 'limit=1')).toBe(400);
  });

  it('are not for agents and tools', async () => {
    for (const id of ['support-bot', 'auditor-tool', 'payments-api'])
      expect((await stage.caller(id).get('/v1/people/grants')).status).toBe(403);
  });
});

describe('the risk of a grant', () => {
  const riskOf = async (grant: string): Promise<unknown> =>
    (await stage.world.database.pool.query('select "risk_order" as risk from "grants" where "id" = $1', [grant]))
      .rows[0]?.risk;

  it('is that of what was granted, not of what was cut from the request', async () => {
    const asked = created(
      await stage.caller('support-bot').ask(
        refundAsk('less', {
          authorization_details: [
            { type: 'tool_call', actions: ['refund.create'], arguments: { order: 'less' } },
            { type: 'tool_call', actions: ['payment.annotate'], arguments: { payment: 'p-2' } },
          ],
        }),
      ),
      202,
    );
    const bob = await stage.person('bob');
    const less = {
      authorization_details: [{ type: 'tool_call', actions: ['payment.annotate'], arguments: { payment: 'p-2' } }],
    };
    const decided = await bob.decide(asked, 'approve', { limits: less });
    expect([decided.status, decided.body]).toEqual([200, expect.anything()]);
    const { grant } = (decided.body as { escalation: { grant: { id: string } } }).escalation;
    expect(await riskOf(grant.id)).toBe(1);
  });

  it('is that of the request where a process of the version before wrote the row', async () => {
    const { grant } = await approvedRefund(stage, { task: { id: 'run-old' } });
    const { pool } = stage.world.database;
    await asSuperuser(
      stage.world,
      `create table old_row as select * from "grants" where "id" = '${grant}'; delete from "grants" where "id" = '${grant}'`,
      [],
    );
    await pool.query(`update old_row set "risk_order" = null`);
    await pool.query(`insert into "grants" select * from old_row`);
    expect(await riskOf(grant)).toBe(0);
  });

  it('is there after the migration for every live grant from before it, and its triggers stand again', async () => {
    const { pool } = stage.world.database;
    const migration = readFileSync('prisma/migrations/20261130129000_live_grants/migration.sql', 'utf8');
    await pool.query(`drop table old_row; drop trigger "grants_risk_as_asked" on "grants"; drop trigger "grants_risk_stays" on "grants";
      drop function "grant_risk_as_asked"(); drop function "risk_order_of"(text); alter table "grants" drop column "risk_order"; ${migration}`);
    const { rows } = await pool.query(
      `select e."risk", g."risk_order" as "order", count(*)::int > 0 as "some" from "grants" g
       join "escalations" e on e."id" = g."escalation_id" where g."status" in ('ready', 'active') group by 1, 2 order by 2`,
    );
    expect(rows).toEqual([
      { risk: 'high', order: 0, some: true },
      { risk: 'medium', order: 1, some: true },
      { risk: 'low', order: 2, some: true },
    ]);
    const off = `select "tgname" from "pg_trigger" where "tgrelid" = '"grants"'::regclass and "tgenabled" <> 'O'`;
    expect((await pool.query(off)).rows).toEqual([]);
    expect((await page('erin', '?limit=1')).items).toMatchObject([{ risk: 'high' }]);
  });
});
