import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer, type Caller } from '../harness/actors/agent.js';
import { fingerprint } from '../harness/judges/fingerprint.js';
import { sendRaw } from '../harness/judges/problem.js';
import {
  approvedRefund,
  collectedRefund,
  created,
  setStage,
  type Approved,
  type Collected,
  type Stage,
} from '../harness/world/stage.js';

const NO_ESCALATION = 'esc_01KAMZ0000000000000000000A';
const NO_GRANT = 'grt_01KAMZ0000000000000000000A';
const NO_CODE = 'A'.repeat(43);

let stage: Stage;
let rival: Caller;
let pending: { id: string; digest: string; continuation: { deferral_code: string } };
let ready: Approved;
let active: Collected;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
  rival = stage.caller('rival-bot');
  pending = created(await stage.caller('support-bot').ask(refundAsk('1')), 202);
  ready = await approvedRefund(stage);
  active = await collectedRefund(stage);
});
afterAll(() => stage.close());

/** All of an answer that a prober can compare, save the clock. */
function seen(got: Answer): unknown {
  return {
    status: got.status,
    body: got.body as unknown,
    headers: [...got.headers].filter(([name]) => name !== 'date'),
  };
}

/** The answer for somebody else's thing, byte for byte the answer for a thing that does not exist; and nothing changes. */
async function same(foreign: () => Promise<Answer>, missing: () => Promise<Answer>): Promise<Answer> {
  const before = await fingerprint(stage.world.database.pool);
  const [one, two] = [await foreign(), await missing()];
  expect(seen(one)).toEqual(seen(two));
  expect(await fingerprint(stage.world.database.pool)).toBe(before);
  return one;
}

describe('another agent’s escalation does not exist', () => {
  it.each([
    ['read', 'GET', ''],
    ['cancelled', 'POST', '/cancel'],
  ])('to be %s', async (_name, method, rest) => {
    for (const id of [pending.id, ready.id, active.id]) {
      const got = await same(
        () => rival.send(method, `/v1/escalations/${id}${rest}`),
        () => rival.send(method, `/v1/escalations/${NO_ESCALATION}${rest}`),
      );
      expect(got.status).toBe(404);
    }
  });

  it('to be waited for, and no poll is left waiting', async () => {
    const got = await same(
      () => rival.get(`/v1/escalations/${pending.id}`, { prefer: 'wait=5' }),
      () => rival.get(`/v1/escalations/${NO_ESCALATION}`, { prefer: 'wait=5' }),
    );
    expect(got.status).toBe(404);
  });
});

describe('another agent’s grant does not exist', () => {
  it.each([
    ['read', 'GET', '', undefined],
    ['completed', 'POST', '/complete', { outcome: 'succeeded' }],
    ['abandoned', 'POST', '/complete', { outcome: 'abandoned', summary: 'Not mine.' }],
    ['kept alive', 'POST', '/heartbeat', undefined],
  ])('to be %s', async (_name, method, rest, body) => {
    for (const { grant } of [ready, active]) {
      const got = await same(
        () => rival.send(method, `/v1/grants/${grant}${rest}`, body),
        () => rival.send(method, `/v1/grants/${NO_GRANT}${rest}`, body),
      );
      expect(got.status).toBe(404);
    }
  });

  it('in lists, by whatever filter', async () => {
    for (const query of [
      '',
      '?agent=support-bot',
      '?resource=https://payments.example',
      '?status=active',
      '?action=refund.create',
    ]) {
      expect((await rival.get(`/v1/grants${query}`)).body).toEqual({ items: [], next_cursor: null });
    }
  });

  it('to be revoked by agents at all', async () => {
    const got = await same(
      () => rival.post(`/v1/grants/${active.grant}/revoke`, { reason: 'Envy.' }),
      () => rival.post(`/v1/grants/${NO_GRANT}/revoke`, { reason: 'Envy.' }),
    );
    expect(got.status).toBe(403);
  });
});

describe('another agent’s secrets are worth nothing', () => {
  it('its deferral codes redeem as unknown ones do', async () => {
    for (const code of [pending.continuation.deferral_code, ready.code, active.code]) {
      const got = await same(
        () => rival.redeem(code),
        () => rival.redeem(NO_CODE),
      );
      expect([got.status, (got.body as { error: string }).error]).toEqual([400, 'invalid_grant']);
    }
  });

  it('its token is inactive to others, as no token is', async () => {
    for (const caller of [rival, stage.caller('other-api'), stage.caller('ops-cli'), stage.caller('auditor-tool')]) {
      const got = await same(
        () => caller.introspect(active.token),
        () => caller.introspect('x.y.z'),
      );
      expect(got.body).toEqual({ active: false });
    }
  });

  it('its token and codes are revoked by nobody else, though the answer is 200', async () => {
    for (const token of [active.token, ready.code, pending.continuation.deferral_code]) {
      const got = await same(
        () => rival.form('/oauth/revoke', { token }),
        () => rival.form('/oauth/revoke', { token: NO_CODE }),
      );
      expect(got.status).toBe(200);
    }
  });

  it('a verifier of another audience consumes nothing', async () => {
    const call = {
      action: 'refund.create',
      identifier: 'order/8812',
      arguments: { order: '8812', amount: 4000 },
      call_id: 'c1',
    };
    const got = await same(
      () => stage.caller('other-api').post('/v1/tokens/consume', { ...call, token: active.token }),
      () => stage.caller('other-api').post('/v1/tokens/consume', { ...call, token: 'x.y.z' }),
    );
    expect(got.body).toEqual({ allowed: false, code: 'inactive' });
  });

  it('its Idempotency-Key is somebody else’s key', async () => {
    const first = await stage.caller('support-bot').ask(refundAsk('7'), { 'idempotency-key': 'shared' });
    const other = await rival.ask(refundAsk('7'), { 'idempotency-key': 'shared' });
    expect(other.status).toBe(202);
    expect(other.body.id).not.toBe(first.body.id);
    expect(other.headers.get('idempotency-replayed')).toBeNull();
  });
});

describe('people who have no part in a request', () => {
  it.each(['alice', 'dave'])('%s reads it as one that does not exist', async (id) => {
    const person = await stage.person(id);
    const got = await same(
      () => person.send('GET', `/v1/escalations/${pending.id}`),
      () => person.send('GET', `/v1/escalations/${NO_ESCALATION}`),
    );
    expect(got.status).toBe(404);
  });

  it.each(['alice', 'dave'])('%s cannot revoke its grant, which does not exist either', async (id) => {
    const person = await stage.person(id);
    const got = await same(
      () => person.send('POST', `/v1/grants/${active.grant}/revoke`, { reason: 'Mine?' }),
      () => person.send('POST', `/v1/grants/${NO_GRANT}/revoke`, { reason: 'Mine?' }),
    );
    expect(got.status).toBe(404);
  });

  it.each(['alice', 'dave'])('%s reads nothing around it either', async (id) => {
    const person = await stage.person(id);
    const got = await same(
      () => person.send('GET', `/v1/escalations/${pending.id}/context`),
      () => person.send('GET', `/v1/escalations/${NO_ESCALATION}/context`),
    );
    expect(got.status).toBe(404);
    for (const view of ['pending', 'live', 'decided'])
      expect(JSON.stringify((await person.send('GET', `/v1/inbox?view=${view}`)).body)).not.toContain(pending.id);
  });

  it('a resource server cannot revoke it either', async () => {
    const got = await same(
      () => stage.caller('payments-api').post(`/v1/grants/${active.grant}/revoke`, { reason: 'Mine?' }),
      () => stage.caller('payments-api').post(`/v1/grants/${NO_GRANT}/revoke`, { reason: 'Mine?' }),
    );
    expect(got.status).toBe(404);
  });
});

describe('what people read to decide', () => {
  const routes = [
    ['GET', '/v1/inbox'],
    ['GET', '/v1/inbox/stream'],
    ['GET', '/v1/people/agents'],
    ['GET', '/v1/people/agents/support-bot'],
    ['GET', '/v1/people/grants'],
    ['GET', '/v1/people/grants/counts'],
    ['GET', '/v1/policies'],
    ['POST', '/v1/policies/evaluate'],
    ['GET', '/v1/people/sessions'],
    ['DELETE', '/v1/people/sessions/AAAAAAAAAAAA'],
  ] as const;

  it.each(routes)('%s %s is for people alone', async (method, path) => {
    const body = method === 'POST' ? { agent: 'support-bot', request: refundAsk() } : undefined;
    for (const id of ['support-bot', 'payments-api', 'auditor-tool', 'ops-cli']) {
      expect([id, (await stage.caller(id).send(method, path, body)).status]).toEqual([id, 403]);
    }
    expect((await sendRaw(stage.broker.issuer + path, method, undefined)).status).toBe(401);
  });

  it('around an escalation no agent looks, its own neither, and no resource server', async () => {
    for (const id of [pending.id, NO_ESCALATION]) {
      const path = `/v1/escalations/${id}/context`;
      expect((await stage.caller('support-bot').get(path)).status).toBe(403);
      expect((await stage.caller('payments-api').get(path)).status).toBe(404);
    }
  });

  it('somebody else’s session does not exist to be ended', async () => {
    const [bob, carol] = [await stage.person('bob'), await stage.person('carol')];
    const own = ((await carol.send('GET', '/v1/people/sessions')).body as { items: { id: string }[] }).items[0]?.id;
    const got = await same(
      () => bob.send('DELETE', `/v1/people/sessions/${own}`),
      () => bob.send('DELETE', '/v1/people/sessions/AAAAAAAAAAAA'),
    );
    expect(got.status).toBe(404);
    expect((await bob.send('GET', '/v1/people/sessions?person=carol')).status).toBe(403);
  });
});

it('nobody without credentials learns whether an id exists', async () => {
  for (const [method, real, unreal] of [
    ['GET', `/v1/escalations/${pending.id}`, `/v1/escalations/${NO_ESCALATION}`],
    ['GET', `/v1/grants/${active.grant}`, `/v1/grants/${NO_GRANT}`],
  ] as const) {
    await same(
      () => sendRaw(stage.broker.issuer + real, method, undefined),
      () => sendRaw(stage.broker.issuer + unreal, method, undefined),
    );
  }
});

it('after all this the owner still has everything', async () => {
  const owner = stage.caller('support-bot');
  expect((await owner.get(`/v1/escalations/${pending.id}`)).body.status).toBe('pending');
  expect((await owner.introspect(active.token)).body).toMatchObject({ active: true, uses_remaining: 1 });
  expect((await owner.redeem(ready.code)).status).toBe(200);
});
