import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EVENT_TYPES } from '#escalations/rows/event-types.js';
import { readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { fingerprint } from '../../harness/judges/fingerprint.js';
import { expectFault, expectProblem, sendRaw } from '../../harness/judges/problem.js';
import type { Person } from '../../harness/actors/person.js';
import { setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  for (const task of ['run-1', 'run-2', 'run-3']) await stage.caller('support-bot').ask(readAsk(task));
});
afterAll(() => stage.close());

const get = (path: string, id = 'auditor-tool'): Promise<Answer> => stage.caller(id).get(path);

async function refusedUnchanged(
  send: () => Promise<Answer>,
  status: number,
  code: string,
  pointer: string,
): Promise<void> {
  const before = await fingerprint(stage.world.database.pool);
  expectFault(await send(), status, code, pointer);
  expect(await fingerprint(stage.world.database.pool)).toBe(before);
}

const LONG = 'x'.repeat(2_049);

describe.each(['/v1/grants', '/v1/audit/events'])('the query of %s is refused for', (path) => {
  it.each([
    ['a name that is not known', 'surprise=1', 400, 'unknown_field', 'surprise'],
    ['a name in another spelling', 'Agent=support-bot', 400, 'unknown_field', 'Agent'],
    ['a name with brackets', 'agent[]=support-bot', 400, 'unknown_field', 'agent[]'],
    ['the prototype', '__proto__=1', 400, 'unknown_field', '__proto__'],
    ['a constructor', 'constructor=1', 400, 'unknown_field', 'constructor'],
    ['a name given twice', 'agent=support-bot&agent=rival-bot', 400, 'invalid_request', 'agent'],
    ['a name without a value', 'agent=', 400, 'invalid_request', 'agent'],
    ['a limit of 0', 'limit=0', 422, 'out_of_range', 'limit'],
    ['a limit of 201', 'limit=201', 422, 'out_of_range', 'limit'],
    ['a limit below zero', 'limit=-1', 422, 'out_of_range', 'limit'],
    ['a limit with a fraction', 'limit=1.5', 400, 'invalid_request', 'limit'],
    ['a limit in words', 'limit=many', 400, 'invalid_request', 'limit'],
    ['a limit in hexadecimal', 'limit=0x10', 400, 'invalid_request', 'limit'],
    ['a limit given twice', 'limit=1&limit=2', 400, 'invalid_request', 'limit'],
    ['a time in words', 'from=yesterday', 400, 'invalid_request', 'from'],
    ['a time in seconds', 'from=1763769600', 400, 'invalid_request', 'from'],
    ['a time without a zone', 'to=2026-01-01T00:00:00', 400, 'invalid_request', 'to'],
    ['a day that no calendar has', 'to=2026-13-41', 400, 'invalid_request', 'to'],
    ['an hour that no clock has', 'from=2026-01-01T25:00:00Z', 400, 'invalid_request', 'from'],
    ['a text that is too long', `agent=${LONG}`, 422, 'too_long', 'agent'],
    ['a cursor of another broker', 'cursor=AAAA', 400, 'invalid_request', 'cursor'],
    ['a cursor that is no base64url', 'cursor=%21%21', 400, 'invalid_request', 'cursor'],
    ['a cursor given twice', 'cursor=a&cursor=b', 400, 'invalid_request', 'cursor'],
    ['a wrong shape beside a value out of range', 'limit=0&surprise=1', 400, 'unknown_field', 'surprise'],
  ])('%s', (_name, query, status, code, pointer) =>
    refusedUnchanged(() => get(`${path}?${query}`), status, code, pointer),
  );
});

it('a status that no grant has is refused', () =>
  refusedUnchanged(() => get('/v1/grants?status=alive'), 400, 'invalid_request', 'status'));

it.each(['nope', 'grant', 'Grant.activated', 'grant.activated,grant.revoked', 'grantXactivated'])(
  'a type that no event has is refused: %s',
  (type) => refusedUnchanged(() => get(`/v1/audit/events?type=${type}`), 400, 'invalid_request', 'type'),
);

it.each(EVENT_TYPES)('a type that an event may have is none of the refused: %s', async (type) => {
  expect((await get(`/v1/audit/events?type=${type}`)).status).toBe(200);
});

describe('a list for people', () => {
  let olga: Person;
  beforeAll(async () => {
    olga = await stage.person('olga');
  });

  it.each([
    ['a view that no inbox has', '/v1/inbox?view=all', 400, 'invalid_request', 'view'],
    ['a name that is not known to the inbox', '/v1/inbox?status=live', 400, 'unknown_field', 'status'],
    ['a name that is not known to agents', '/v1/people/agents?status=active', 400, 'unknown_field', 'status'],
    ['a name that is not known to sessions', '/v1/people/sessions?limit=1', 400, 'unknown_field', 'limit'],
    ['neither yes nor no', '/v1/break-glass?reviewed=maybe', 400, 'invalid_request', 'reviewed'],
    ['a filter where passkeys have none', '/v1/passkeys?limit=1', 400, 'unknown_field', 'limit'],
    ['a filter where Slack accounts have none', '/v1/slack-links?team=T1', 400, 'unknown_field', 'team'],
    ['a filter where policies have none', '/v1/policies?file=a', 400, 'unknown_field', 'file'],
    ['a filter where insights have none', '/v1/insights/rules?days=7', 400, 'unknown_field', 'days'],
    ['a filter where insights have none', '/v1/insights/approvers?days=7', 400, 'unknown_field', 'days'],
  ])('refuses %s', async (_name, path, status, code, pointer) => {
    expectFault(await olga.send('GET', path), status, code, pointer);
  });

  it('refuses a filter of what an agent may ask for', async () => {
    const answer = await get('/v1/requestable?resource=https://payments.example', 'support-bot');
    expectFault(answer, 400, 'unknown_field', 'resource');
  });
});

describe('a cursor', () => {
  const cursorOf = async (path: string, id?: string): Promise<string> => String((await get(path, id)).body.next_cursor);

  it('continues where its page ended', async () => {
    const first = await get('/v1/grants?limit=2');
    const second = await get(`/v1/grants?limit=2&cursor=${first.body.next_cursor}`);
    expect(first.body.items).toHaveLength(2);
    expect(second.body.items).toHaveLength(1);
    expect(second.body.next_cursor).toBeNull();
  });

  it.each([
    [
      'edited',
      (cursor: string) => `/v1/grants?limit=1&cursor=${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BB' : 'AA'}`,
    ],
    ['cut', (cursor: string) => `/v1/grants?limit=1&cursor=${cursor.slice(0, -4)}`],
    ['moved to other filters', (cursor: string) => `/v1/grants?limit=1&agent=support-bot&cursor=${cursor}`],
    ['moved to another page', (cursor: string) => `/v1/audit/events?limit=1&cursor=${cursor}`],
  ])('%s does not open', async (_name, path) => {
    const cursor = await cursorOf('/v1/grants?limit=1');
    await refusedUnchanged(() => get(path(cursor)), 400, 'invalid_request', 'cursor');
  });

  it('of another caller does not open', async () => {
    const cursor = await cursorOf('/v1/grants?limit=1');
    await refusedUnchanged(
      () => get(`/v1/grants?limit=1&cursor=${cursor}`, 'ops-cli'),
      400,
      'invalid_request',
      'cursor',
    );
  });
});

describe('an Idempotency-Key is refused when it is', () => {
  it.each([
    ['empty', ''],
    ['quoted and empty', '""'],
    ['129 characters', 'k'.repeat(129)],
    ['quoted and 129 characters', `"${'k'.repeat(129)}"`],
    ['two words', 'two words'],
    ['not ASCII', 'clé'],
    ['a list', 'one, two'],
  ])('%s', async (_name, key) => {
    const authorization = `Bearer ${await stage.caller('support-bot').assertion()}`;
    await refusedUnchanged(
      () =>
        sendRaw(`${stage.broker.issuer}/v1/escalations`, 'POST', JSON.stringify(refundAsk()), {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': key,
        }),
      400,
      'invalid_request',
      'Idempotency-Key',
    );
  });

  it('used for another body, which changes nothing', async () => {
    const agent = stage.caller('support-bot');
    expect((await agent.ask(refundAsk('1'), { 'idempotency-key': 'k-1' })).status).toBe(202);
    const before = await fingerprint(stage.world.database.pool);
    expectProblem(await agent.ask(refundAsk('2'), { 'idempotency-key': 'k-1' }), 422, 'idempotency_mismatch');
    expect(await fingerprint(stage.world.database.pool)).toBe(before);
  });

  it('not refused at 128 characters, nor when another caller used it', async () => {
    const key = 'k'.repeat(128);
    const first = await stage.caller('support-bot').ask(readAsk(), { 'idempotency-key': key });
    const again = await stage.caller('support-bot').ask(readAsk(), { 'idempotency-key': `"${key}"` });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    const other = await stage.caller('rival-bot').ask(readAsk('other'), { 'idempotency-key': key });
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    expect(other.body.id).not.toBe(first.body.id);
  });
});

describe('a path is refused as unknown when it holds', () => {
  it.each([
    ['U+0000', 'esc_%00'],
    ['a quote', "esc_'%20or%20'1'%3D'1"],
    ['dots and a slash', '..%2f..%2fetc%2fpasswd'],
    ['500 characters', 'x'.repeat(500)],
    ['a lone percent sign in UTF-8', 'esc_%25'],
  ])('%s', async (_name, id) => {
    expectProblem(await get(`/v1/escalations/${id}`, 'support-bot'), 404, 'not_found');
    expectProblem(await get(`/v1/grants/${id}`, 'support-bot'), 404, 'not_found');
    expectProblem(await get(`/v1/grants/${id}`), 404, 'not_found');
  });

  it('a percent sign that encodes nothing, which is no URL at all', async () => {
    expectProblem(await sendRaw(`${stage.broker.issuer}/v1/escalations/%zz`, 'GET', undefined), 400, 'invalid_request');
  });
});
