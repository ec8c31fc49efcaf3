import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk, type Answer, type Caller } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { approvedRefund, collectedRefund, setStage, type Collected, type Stage } from '../../harness/world/stage.js';

let stage: Stage;
let auditor: Caller;
let held: Collected;
/** Ids of all grants, newest first. */
let all: string[];

beforeAll(async () => {
  stage = await setStage();
  auditor = stage.caller('auditor-tool');
  for (let run = 0; run < 5; run += 1) await stage.caller('support-bot').ask(readAsk(`run-${run}`));
  await stage.caller('rival-bot').ask(readAsk());
  await approvedRefund(stage, {}, 'rival-bot');
  held = await collectedRefund(stage);
  await stage.caller('payments-api').post('/v1/tokens/consume', {
    token: held.token,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: 'c1',
  });
  await stage.caller('support-bot').post(`/v1/grants/${held.grant}/complete`, { outcome: 'succeeded' });
  all = ids(await auditor.get('/v1/grants?limit=200'));
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const ids = (page: Answer): string[] => (page.body.items as { id: string }[]).map((item) => item.id);

async function pages(caller: Pick<Caller, 'get'>, query: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Answer = await caller.get(`${query}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    expect(page.status).toBe(200);
    found.push(ids(page));
    cursor = page.body.next_cursor as string | null;
  }
  return found;
}

describe('the list of grants', () => {
  it('comes newest first, in pages without overlap or gap', async () => {
    expect(all).toHaveLength(8);
    expect(all[0]).toBe(held.grant);
    const found = await pages(auditor, '/v1/grants?limit=3');
    expect(found.map((page) => page.length)).toEqual([3, 3, 2]);
    expect(found.flat()).toEqual(all);
    expect(await pages(auditor, '/v1/grants?limit=8')).toHaveLength(1);
  });

  it('keeps its place while newer grants come', async () => {
    const first = await auditor.get('/v1/grants?limit=4&agent=support-bot');
    await stage.caller('support-bot').ask(readAsk('newer'));
    const rest = await auditor.get(`/v1/grants?limit=4&agent=support-bot&cursor=${first.body.next_cursor}`);
    const known = await auditor.get('/v1/grants?limit=200&agent=support-bot');
    expect([...ids(first), ...ids(rest)]).toEqual(ids(known).slice(1));
    all = ids(await auditor.get('/v1/grants?limit=200'));
  });

  it.each([
    ['agent=rival-bot', 2],
    ['agent=nobody', 0],
    ['resource=https://payments.example', 9],
    ['resource=https://other.example', 0],
    ['action=refund.create', 2],
    ['action=payment.read', 7],
    ['status=completed', 1],
    ['status=ready', 8],
    ['status=active', 0],
    ['approver=bob', 2],
    ['approver=carol', 0],
    ['agent=rival-bot&action=refund.create&status=ready&approver=bob', 1],
  ])('by %s holds %i', async (filter, count) => {
    expect(ids(await auditor.get(`/v1/grants?${filter}`))).toHaveLength(count);
  });

  it('by time begins with the moment named and ends before it', async () => {
    const { body } = await auditor.get(`/v1/grants/${held.grant}`);
    const at = encodeURIComponent(body.grant.created_at as string);
    expect(ids(await auditor.get(`/v1/grants?from=${at}&limit=200`))).toContain(held.grant);
    expect(ids(await auditor.get(`/v1/grants?to=${at}&limit=200`))).not.toContain(held.grant);
    expect([
      ...ids(await auditor.get(`/v1/grants?from=${at}`)),
      ...ids(await auditor.get(`/v1/grants?to=${at}`)),
    ]).toEqual(all);
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'status=over',
    'from=yesterday',
    'sort=asc',
    'agent=a&agent=b',
    'cursor=x',
    'cursor=',
  ])('refuses %s', async (query) => {
    expect(await auditor.get(`/v1/grants?${query}`)).toMatchObject({ status: /^limit=\d/.test(query) ? 422 : 400 });
  });
});

describe('a cursor', () => {
  it('opens only for its caller, its query and unchanged', async () => {
    const { next_cursor } = (await auditor.get('/v1/grants?limit=1&agent=support-bot')).body;
    const next = (caller: Pick<Caller, 'get'>, query: string, cursor: string) =>
      caller.get(`/v1/grants?limit=1&${query}&cursor=${cursor}`);
    expect((await next(auditor, 'agent=support-bot', next_cursor as string)).status).toBe(200);
    expect((await next(auditor, 'agent=rival-bot', next_cursor as string)).status).toBe(400);
    expect((await next(stage.caller('ops-cli'), 'agent=support-bot', next_cursor as string)).status).toBe(400);
    expect((await next(stage.caller('support-bot'), 'agent=support-bot', next_cursor as string)).status).toBe(400);
    expect((await auditor.get(`/v1/audit/events?limit=1&cursor=${next_cursor}`)).status).toBe(400);
    for (const at of [0, 10, (next_cursor as string).length - 2]) {
      const changed =
        (next_cursor as string).slice(0, at) +
        ((next_cursor as string)[at] === 'A' ? 'B' : 'A') +
        (next_cursor as string).slice(at + 1);
      expect((await next(auditor, 'agent=support-bot', changed)).status).toBe(400);
    }
  });
});

describe('who reads the history', () => {
  it('is an auditor or an operator, person or client', async () => {
    for (const path of ['/v1/grants', `/v1/grants/${held.grant}`, '/v1/audit/events']) {
      for (const id of ['auditor-tool', 'ops-cli']) expect((await stage.caller(id).get(path)).status).toBe(200);
      for (const id of ['erin', 'olga']) expect((await (await stage.person(id)).send('GET', path)).status).toBe(200);
      for (const id of ['bob', 'omar'])
        expect(await (await stage.person(id)).send('GET', path)).toMatchObject({
          status: 403,
          body: { code: 'forbidden' },
        });
      expect((await stage.caller('payments-api').get(path)).status).toBe(403);
      expect((await fetch(stage.broker.issuer + path)).status).toBe(401);
    }
    expect((await auditor.get('/v1/grants/grt_00000000000000000000000000')).status).toBe(404);
  });

  it('is an agent for its own grants, without a word of who approved', async () => {
    const agent = stage.caller('support-bot');
    const own = await agent.get('/v1/grants?limit=200');
    expect(own.body.items).not.toHaveLength(0);
    expect((own.body.items as { agent: string }[]).every((item) => item.agent === 'support-bot')).toBe(true);
    expect(ids(await agent.get('/v1/grants?agent=support-bot&limit=200'))).toEqual(ids(own));
    expect(await agent.get('/v1/grants?agent=rival-bot')).toMatchObject({ status: 200, body: { items: [] } });
    const story = await agent.get(`/v1/grants/${held.grant}`);
    expect(story).toMatchObject({ status: 200, body: { grant: { status: 'completed' }, uses: [{ call_id: 'c1' }] } });
    for (const page of [own, story]) expect(JSON.stringify(page.body)).not.toMatch(/bob|U0002|"votes"|facts/);
    expect((await stage.caller('rival-bot').get(`/v1/grants/${held.grant}`)).status).toBe(404);
    expect((await agent.get('/v1/audit/events')).status).toBe(403);
    // Naming an approver must not let an agent learn, by what comes back, who approved.
    for (const name of ['bob', 'carol', 'nobody'])
      expect(await agent.get(`/v1/grants?approver=${name}`)).toMatchObject({
        status: 400,
        body: { code: 'unknown_field', errors: [{ pointer: 'approver' }] },
      });
  });
});

describe('the story of a grant', () => {
  it('tells request, rule, votes, tokens, uses and events to an auditor', async () => {
    const { body } = await auditor.get(`/v1/grants/${held.grant}`);
    expect(body).toMatchObject({
      grant: {
        id: held.grant,
        status: 'completed',
        end_reason: 'done',
        outcome: 'succeeded',
        uses: 1,
        digest: held.digest,
      },
      escalation: { id: held.id, agent: 'support-bot', owner: 'alice', request: { task: { id: 'run-77' } } },
      policy: { outcome: 'require_approval', determining: ['refunds'], version: expect.stringMatching(/^sha256:/) },
      votes: [{ person: 'bob', verdict: 'approve', via: 'rest', digest: held.digest }],
      tokens: [{ jti: expect.stringMatching(/^tok_/), ended_at: expect.any(String) }],
      uses: [{ verifier: 'payments-api', action: 'refund.create', allowed: true }],
    });
    expect(Object.keys(body.policy as object).sort()).toEqual([
      'determining',
      'facts',
      'outcome',
      'reasons',
      'version',
    ]);
    expect(body.policy).toMatchObject({ reasons: ['Refunds move money.'], facts: { requested_ttl: 300 } });
    const seqs = (body.events as { seq: number }[]).map((event) => event.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(JSON.stringify(body)).not.toContain(held.token);
    expect(JSON.stringify(body)).not.toContain(held.code);
  });
});

describe('the audit log', () => {
  it('comes newest first, in pages and by filters', async () => {
    const whole = (await auditor.get('/v1/audit/events?limit=200&agent=rival-bot')).body.items as {
      id: string;
      seq: number;
      type: string;
      at: string;
    }[];
    expect(whole.map((event) => event.seq)).toEqual(whole.map((event) => event.seq).sort((a, b) => b - a));
    expect((await pages(auditor, '/v1/audit/events?limit=3&agent=rival-bot')).flat()).toEqual(
      whole.map((event) => event.id),
    );
    const uses = (await auditor.get(`/v1/audit/events?grant=${held.grant}&type=token.used`)).body.items;
    expect(uses).toMatchObject([{ actor: { kind: 'client', id: 'payments-api' }, data: { call_id: 'c1' } }]);
    expect((await auditor.get('/v1/audit/events?actor=bob&type=vote.recorded')).body.items).toHaveLength(2);
    const { at, id } = whole[2] as { at: string; id: string };
    expect(ids(await auditor.get(`/v1/audit/events?limit=200&from=${encodeURIComponent(at)}`))).toContain(id);
    expect(ids(await auditor.get(`/v1/audit/events?limit=200&to=${encodeURIComponent(at)}`))).not.toContain(id);
  });
});

describe('the log of the process', () => {
  it('holds no token, code, assertion or secret of Slack', () => {
    const logged = stage.broker.logged.join('\n');
    const secrets = [
      held.token,
      held.code,
      stage.world.masterKey,
      ...Object.entries(stage.broker.slack.env)
        .filter(([name]) => /TOKEN|SECRET/.test(name))
        .map(([, value]) => value),
    ];
    for (const secret of secrets) expect(logged.includes(secret)).toBe(false);
    expect(logged).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}\./);
  });
});
