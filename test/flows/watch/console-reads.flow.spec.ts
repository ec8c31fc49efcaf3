import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { presentEscalation } from '#contracts/presenters.js';
import type { ChangeSignal, RegistrySource } from '#escalations/ports.js';
import { ReadEscalation, type EscalationStory } from '#escalations/watch/read-escalation.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresInbox } from '#persistence/watch/postgres-inbox.js';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { journalOf } from '../../harness/world/journal.js';
import { Person } from '../../harness/actors/person.js';
import { sealedOf, useCasesOf } from '../../harness/world/sealed.js';
import { approvedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import type { Config } from '../../harness/world/world.js';

let stage: Stage;

beforeAll(async () => {
  const named = (config: Config): void => {
    for (const person of config.people) if (person.id === 'bob') Object.assign(person, { name: 'Bob Brook' });
  };
  stage = await setStage(named, { roles: 'api' });
});
afterAll(() => stage.close());

async function as(id: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return (await stage.person(id)).send(method, path, body);
}

describe('agents', () => {
  const idsFor = async (id: string): Promise<string[]> => {
    const got = await as(id, 'GET', '/v1/people/agents');
    expect([got.status, got.body]).toEqual([200, expect.anything()]);
    return (got.body as { items: { id: string }[] }).items.map((agent) => agent.id);
  };

  it('are all there for operators and auditors, their own for owners, none for others', async () => {
    expect(await idsFor('olga')).toEqual(['rival-bot', 'support-bot']);
    expect(await idsFor('erin')).toEqual(['rival-bot', 'support-bot']);
    expect(await idsFor('alice')).toEqual(['support-bot']);
    expect(await idsFor('dave')).toEqual(['rival-bot']);
    expect(await idsFor('bob')).toEqual([]);
  });

  it('come with what they ask and hold, and with what the reader may do', async () => {
    await approvedRefund(stage);
    created(await stage.caller('support-bot').ask(refundAsk('console-1')), 202);
    const agent = async (read: string): Promise<unknown> =>
      ((await as(read, 'GET', '/v1/people/agents')).body as { items: { id: string }[] }).items.find(
        ({ id }) => id === 'support-bot',
      );
    expect(await agent('alice')).toMatchObject({
      name: 'Support bot',
      owner: 'alice',
      owner_name: 'alice',
      status: 'active',
      counts: { pending: 1, live_grants: 1, granted_last_day: 1, denied_last_day: 0 },
      may: { suspend: false, resume: false },
    });
    await as('olga', 'POST', '/v1/agents/support-bot/suspend', { reason: 'Test.' });
    expect(await agent('olga')).toMatchObject({
      status: 'suspended',
      counts: { pending: 0, live_grants: 0 },
      may: { suspend: false, resume: true },
    });
    await as('olga', 'POST', '/v1/agents/support-bot/resume', {});
  });

  it('come in pages by id', async () => {
    const first = await as('olga', 'GET', '/v1/people/agents?limit=1');
    const cursor = (first.body as { next_cursor: string }).next_cursor;
    const rest = await as('olga', 'GET', `/v1/people/agents?limit=1&cursor=${cursor}`);
    expect([first.body.items[0].id, rest.body.items[0].id, rest.body.next_cursor]).toEqual([
      'rival-bot',
      'support-bot',
      null,
    ]);
    expect((await as('erin', 'GET', `/v1/people/agents?cursor=${cursor}`)).status).toBe(400);
  });
});

describe('the policies', () => {
  it('are read whole by people with a role, with the line of each', async () => {
    for (const id of ['bob', 'erin', 'olga']) {
      const got = await as(id, 'GET', '/v1/policies');
      expect(got).toMatchObject({ status: 200, body: { version: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) } });
      const [file] = got.body.files as { name: string; text: string; policies: unknown[] }[];
      expect(file?.name).toBe('all.cedar');
      expect(file?.text).toContain('@id("refunds")');
      expect(file?.policies).toContainEqual({ id: 'refunds', role: 'require_approval', line: 8 });
      expect(file?.policies).toContainEqual({ id: 'no-drops', role: 'forbid', line: expect.any(Number) });
    }
    expect((await as('omar', 'GET', '/v1/policies')).status).toBe(403);
    expect((await stage.caller('auditor-tool').get('/v1/policies')).status).toBe(403);
  });

  const evaluate = (body: Record<string, unknown>, id = 'bob'): Promise<Answer> =>
    as(id, 'POST', '/v1/policies/evaluate', body);
  const ask = (action: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
    agent: 'support-bot',
    request: {
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: [action], ...more }],
      task: { id: 'dry' },
    },
  });

  it('say what would happen, by which policy, who would be asked and what would be granted', async () => {
    const { agent } = ask('refund.create');
    const got = await evaluate({ agent, request: refundAsk() });
    expect(got).toMatchObject({
      status: 200,
      body: {
        outcome: 'require_approval',
        explanation:
          'Needs 1 of oncall within 15 minutes because refunds: "Refunds move money." At most 200 seconds and 5 uses.',
        determining: ['refunds'],
        denial_code: null,
        risk: 'high',
        gates: [{ id: 'oncall', quorum: 1, deputy: null }],
        pairs: [{ action: 'refund.create', outcome: 'require_approval' }],
        ask: { status: 'pending', granted: { ttl: 200, max_uses: 1 }, denial: null },
      },
    });
    expect(got.body.gates[0].eligible).toEqual([
      { person: 'bob', name: 'Bob Brook' },
      { person: 'carol', name: 'carol' },
    ]);
  });

  it('may be tried with supposed facts, at a supposed time', async () => {
    const read = ask('payment.read');
    expect(await evaluate(read)).toMatchObject({ body: { outcome: 'allow', ask: { status: 'approved' } } });
    const often = await evaluate({ ...read, facts: { granted_last_hour: 50 }, at: '2026-11-22T03:30:00Z' });
    expect(often.body).toMatchObject({
      outcome: 'deny',
      denial_code: 'no_matching_policy',
      facts: { hour_utc: 3, granted_last_hour: { 'payment.read': 50 } },
      ask: { status: 'denied', granted: null, denial: { by: 'policy' }, largest_allowed: null },
    });
  });

  it('keep nothing but an audit row', async () => {
    const { pool } = stage.world.database;
    const count = async (): Promise<unknown> =>
      (await pool.query('select (select count(*) from "escalations") as e, (select count(*) from "outbox") as o')).rows;
    const before = await count();
    await evaluate(ask('ledger.drop'), 'erin');
    expect(await count()).toEqual(before);
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?type=escalation.evaluated&actor=erin');
    expect(events.body.items).toEqual([
      expect.objectContaining({
        actor: { kind: 'person', id: 'erin' },
        agent: 'support-bot',
        data: expect.objectContaining({ outcome: 'deny', determining: ['no-drops'] }),
      }),
    ]);
  });

  it.each([
    ['an unknown agent', { ...ask('payment.read'), agent: 'nobody' }, 404, 'not_found'],
    ['an unknown action', ask('payment.steal'), 422, 'not_requestable'],
    [
      'arguments outside the schema',
      ask('payment.read', { arguments: { x: 1 } }),
      400,
      'invalid_authorization_details',
    ],
    ['no request', { agent: 'support-bot' }, 400, 'invalid_request'],
    ['a time without offset', { ...ask('payment.read'), at: '2026-11-22T03:30:00' }, 400, 'invalid_request'],
    ['a fact that is not known', { ...ask('payment.read'), facts: { mood: 1 } }, 400, 'unknown_field'],
    ['a count below zero', { ...ask('payment.read'), facts: { open_grants: -1 } }, 422, 'out_of_range'],
    ['a member that Cedar would read', { ...ask('payment.read'), __proto: 1 }, 400, 'invalid_request'],
  ])('do not judge %s', async (_what, body, status, code) => {
    expect(await evaluate(body, 'carol')).toMatchObject({ status, body: { code } });
  });

  it('are not judged by people without a role, nor more than thirty times a minute by one person', async () => {
    expect((await evaluate(ask('payment.read'), 'omar')).status).toBe(403);
    let refused: Answer | null = null;
    for (let calls = 0; calls < 62 && refused === null; calls += 1) {
      const got = await evaluate(ask('payment.read'), 'dave');
      if (got.status !== 200) refused = got;
    }
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await evaluate(ask('payment.read'), 'olga')).status).toBe(200);
  });
});

describe('sessions', () => {
  const listed = async (person: Person, query = ''): Promise<{ id: string; person: string; current: boolean }[]> => {
    const got = await person.send('GET', `/v1/people/sessions${query}`);
    expect([got.status, got.body]).toEqual([200, expect.anything()]);
    return (got.body as { items: { id: string; person: string; current: boolean }[] }).items;
  };
  const signIn = (id: string): Promise<Person> => Person.signIn(stage.world, stage.broker, id);

  it('are my own, one of them the one I ask with, and none can be opened by what the list tells', async () => {
    const [here, there] = [await signIn('carol'), await signIn('carol')];
    const mine = await listed(here);
    expect(mine.every(({ person }) => person === 'carol')).toBe(true);
    expect(mine.filter(({ current }) => current)).toHaveLength(1);
    expect(mine.length).toBeGreaterThanOrEqual(2);
    const text = JSON.stringify(mine);
    for (const { cookie } of [here, there]) expect(text).not.toContain(cookie.split('=')[1]);
  });

  it('end at once when I end them, wherever they are', async () => {
    const [here, there] = [await signIn('carol'), await signIn('carol')];
    const other = (await listed(there)).find(({ current }) => current);
    expect((await here.send('DELETE', `/v1/people/sessions/${other?.id}`)).status).toBe(204);
    expect((await there.send('GET', '/v1/sessions/current')).status).toBe(401);
    expect((await here.send('GET', '/v1/sessions/current')).status).toBe(200);
    expect((await here.send('DELETE', `/v1/people/sessions/${other?.id}`)).status).toBe(404);
  });

  it('are nobody else’s, save an operator’s to see and end, which is audited', async () => {
    const [bob, carol, olga] = [await signIn('bob'), await signIn('carol'), await signIn('olga')];
    const [own] = (await listed(carol)).filter(({ current }) => current);
    expect((await bob.send('GET', '/v1/people/sessions?person=carol')).status).toBe(403);
    expect((await bob.send('DELETE', `/v1/people/sessions/${own?.id}`)).status).toBe(404);
    expect((await carol.send('GET', '/v1/sessions/current')).status).toBe(200);
    expect((await listed(olga, '?person=carol')).map(({ id }) => id)).toContain(own?.id);
    expect((await olga.send('DELETE', `/v1/people/sessions/${own?.id}`)).status).toBe(204);
    expect((await carol.send('GET', '/v1/sessions/current')).status).toBe(401);
    const events = await stage.caller('auditor-tool').get('/v1/audit/events?type=session.closed&actor=olga');
    expect(events.body.items[0]).toMatchObject({ data: { person: 'carol' } });
  });

  it('are not ended by a form, nor by a page of another site', async () => {
    const carol = await signIn('carol');
    const [own] = (await listed(carol)).filter(({ current }) => current);
    const foreign = await carol.send('DELETE', `/v1/people/sessions/${own?.id}`, undefined, {
      origin: 'https://evil.example',
    });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'csrf' } });
  });
});

it('people’s names are for people: the agent reads none', async () => {
  const held = await approvedRefund(stage);
  const seen = await stage.caller('support-bot').get(`/v1/escalations/${held.id}`);
  const story = await stage.caller('support-bot').get(`/v1/grants/${held.grant}`);
  for (const body of [seen.body, story.body]) expect(JSON.stringify(body)).not.toMatch(/Bob Brook|"bob"/);
  const people = await as('erin', 'GET', `/v1/grants/${held.grant}`);
  expect(people.body.votes).toEqual([expect.objectContaining({ person: 'bob', name: 'Bob Brook' })]);
});

describe('what is read while it is being decided', () => {
  /** Decides once, between two statements of a reader. */
  async function deciding(): Promise<{ id: string; decide: () => Promise<void> }> {
    const asked = created(await stage.caller('support-bot').ask(refundAsk(`mixed-${(orders += 1)}`)), 202);
    let decided = false;
    const decide = async (): Promise<void> => {
      if (decided) return;
      decided = true;
      await (await stage.person('bob')).decide(asked, 'approve');
    };
    return { id: asked.id, decide };
  }
  let orders = 0;

  it('is all of one state: no pending request has a grant', async () => {
    const { id, decide } = await deciding();
    const { store } = useCasesOf(stage.world, stage.world.database.pool);
    const before = store.read.escalations.byId.bind(store.read.escalations);
    store.read.escalations.byId = async (wanted) => {
      const found = await before(wanted);
      await decide();
      return found;
    };
    const story = await new ReadEscalation(store, {} as RegistrySource, {} as ChangeSignal).load(id);
    expect(presentEscalation(story as EscalationStory)).toMatchObject({
      status: 'approved',
      approval: { groups: [{ approved: 1 }] },
      grant: { status: 'ready' },
    });
  });

  it.each(['grants', 'escalations'])('is so in an inbox, when the decision falls after its %s', async (statement) => {
    const { id, decide } = await deciding();
    const { pool } = stage.world.database;
    const query = async (asked: { name: string; text: string; values: unknown[] }): Promise<unknown> => {
      const { name, ...unnamed } = asked;
      const answer = await pool.query(unnamed);
      if (name === `inbox-${statement}`) await decide();
      return answer;
    };
    const [story] = await new PostgresInbox(
      { query } as unknown as DatabasePool,
      sealedOf(stage.world),
      journalOf(stage.world),
    ).stories([id]);
    const { status, grant } = presentEscalation(story as EscalationStory);
    expect([
      ['pending', null],
      ['approved', expect.objectContaining({ status: 'ready' })],
    ]).toContainEqual([status, grant]);
  });
});
