import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { setHandingStage, type HandingStage, type Held } from '../../harness/world/handing-on.js';
import { created } from '../../harness/world/stage.js';

let stage: HandingStage;
let read: Held;
let waits: { id: string };

beforeAll(async () => {
  stage = await setHandingStage({ roles: 'api' });
  read = await stage.held('bot-1', null);
  waits = created(await stage.caller('bot-1').ask(refundAsk('waits')), 202);
});
afterAll(() => stage.close());

async function page(person: string, agent = 'bot-1'): Promise<Answer> {
  return (await stage.person(person)).send('GET', `/v1/people/agents/${agent}`);
}

it('an agent’s page tells its owner, operators and auditors what it may ask, holds, asks and did', async () => {
  for (const person of ['omar', 'olga', 'erin']) {
    const { status, body } = await page(person);
    expect([status, body]).toEqual([200, expect.anything()]);
    expect(body).toMatchObject({
      id: 'bot-1',
      name: 'bot-1',
      owner: 'omar',
      status: 'active',
      authenticates_by: 'jwks',
      suspension: null,
      highest_risk: 'low',
      counts: { pending: 1, live_grants: 1 },
      may: { suspend: person === 'olga', resume: false },
      suspending_ends: { live_grants: 1, pending: 1, handed_on: 0 },
      holds: [{ escalation: read.id, grant: read.grant, status: 'active', risk: 'low', resource_name: 'Payments' }],
      asks: [{ escalation: waits.id, grant: null, status: 'pending', risk: 'high', actions: ['refund.create'] }],
      lately: [{ escalation: read.id, uses: 0 }],
    });
  }
});

it('what it may ask is what the agent itself is told', async () => {
  const told = (await stage.caller('bot-1').get('/v1/requestable')).body as { items: unknown[] };
  expect(told.items).not.toEqual([]);
  expect((await page('olga')).body.may_ask).toEqual(told.items);
});

it('it is nobody else’s to read, and there is none of an agent that is not configured', async () => {
  for (const person of ['alice', 'bob', 'dave']) expect((await page(person)).status).toBe(404);
  expect((await page('olga', 'nobody')).status).toBe(404);
  for (const id of ['bot-1', 'auditor-tool'])
    expect((await stage.caller(id).get('/v1/people/agents/bot-1')).status).toBe(403);
});

it('a link to a request is there only for who may read it', async () => {
  const mayRead = async (person: string): Promise<unknown> =>
    ((await page(person)).body.asks as { may_read: boolean }[]).map((ask) => ask.may_read);
  expect([await mayRead('erin'), await mayRead('omar')]).toEqual([[true], [true]]);
  const bob = await stage.person('bob');
  expect((await bob.send('GET', `/v1/escalations/${waits.id}`)).status).toBe(200);
});

it('suspending ends as much as the page says, what was handed on included, and the page tells who did it and why', async () => {
  const under = await stage.held('bot-2', read.token);
  expect((await page('olga')).body.suspending_ends).toEqual({ live_grants: 1, pending: 1, handed_on: 1 });
  const olga = await stage.person('olga');
  const live = async (): Promise<number> =>
    ((await olga.send('GET', '/v1/people/grants/counts')).body as { active: { total: number } }).active.total;
  const before = await live();
  await olga.send('POST', '/v1/agents/bot-1/suspend', { reason: 'Looks odd.' });
  expect(before - (await live())).toBe(2);
  expect(await stage.active(under.token)).toBe(false);
  const { body } = await page('erin');
  expect(body).toMatchObject({
    status: 'suspended',
    suspension: { by: 'olga', by_name: 'olga', reason: 'Looks odd.', at: expect.stringMatching(/^\d{4}-/) },
    suspending_ends: { live_grants: 0, pending: 0, handed_on: 0 },
    holds: [],
    asks: [],
    lately: [
      { escalation: waits.id, status: 'cancelled' },
      { escalation: read.id, status: 'revoked' },
    ],
  });
  await olga.send('POST', '/v1/agents/bot-1/resume', {});
  expect((await page('erin')).body).toMatchObject({ status: 'active', suspension: null });
});
