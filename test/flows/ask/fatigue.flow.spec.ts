import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer, type Caller } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Asked {
  readonly id: string;
  readonly digest: string;
}

const deny = async (stage: Stage, asked: Asked): Promise<void> => {
  const told = await (await stage.person('bob')).decide(asked, 'deny');
  if (told.status !== 200) throw new Error(JSON.stringify(told.body));
};

describe('after denials of one and the same ask', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage((config) => Object.assign(config.limits, { denial_back_off: 30 }));
  });
  afterAll(() => stage.close());

  const ask = (task: string): Promise<Answer> =>
    stage.caller('support-bot').ask(refundAsk('again', { task: { id: task } }));
  const denialOf = async ({ id }: Asked): Promise<{ next: Record<string, unknown> }> =>
    (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.denial as { next: Record<string, unknown> };
  /** As if the denials so far had been given that much earlier. */
  const hoursPass = (hours: number): Promise<unknown> =>
    stage.world.database.pool.query(
      `alter table "escalations" disable trigger user;
       update "escalations" set "decided_at" = "decided_at" - interval '${hours} hours' where "status" = 'denied';
       alter table "escalations" enable trigger user;
       select mend_agent_counters("uid") from "agents";`,
    );

  it('the first two cost nothing, from the third on the agent waits, and is told how long', async () => {
    const first = created(await ask('run-1'), 202);
    await deny(stage, first);
    expect((await denialOf(first)).next).toEqual({ action: 'contact_owner' });

    await deny(stage, created(await ask('run-2'), 202));
    const third = created(await ask('run-3'), 202);
    await deny(stage, third);
    expect((await denialOf(third)).next).toEqual({ action: 'contact_owner', after_seconds: 30 });

    const refused = await ask('run-4');
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(30);
  });

  it('another ask, and another agent’s, waits for nothing', async () => {
    expect((await stage.caller('support-bot').ask(refundAsk('other'))).status).toBe(202);
    expect((await stage.caller('rival-bot').ask(refundAsk('again'))).status).toBe(202);
  });

  it('the wait doubles with the next denial', async () => {
    await hoursPass(1);
    const fourth = created(await ask('run-5'), 202);
    await deny(stage, fourth);
    expect((await denialOf(fourth)).next).toMatchObject({ after_seconds: 60 });
    expect((await ask('run-6')).status).toBe(429);
  });

  it('a day later it is forgotten', async () => {
    await hoursPass(24);
    const later = created(await ask('run-7'), 202);
    await deny(stage, later);
    expect((await denialOf(later)).next).toEqual({ action: 'contact_owner' });
  });

  it('those that only followed another denial are not counted', async () => {
    const asked = [];
    for (let times = 0; times < 3; times += 1)
      asked.push(created(await stage.caller('rival-bot').ask(refundAsk('flock')), 202));
    await deny(stage, asked[0] as Asked);
    expect((await stage.caller('rival-bot').ask(refundAsk('flock'))).status).toBe(202);
  });
});

describe('the same ask', () => {
  let stage: Stage;

  beforeAll(async () => {
    // No back-off is configured: it is on.
    stage = await setStage((config) => void delete config.limits.denial_back_off);
  });
  afterAll(() => stage.close());

  const bot = (): Caller => stage.caller('support-bot');
  const refund = (order: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
    type: 'tool_call',
    actions: ['refund.create'],
    identifier: `order/${order}`,
    arguments: { order, amount: 4000 },
    ...more,
  });
  const asking = (elements: Record<string, unknown>[], more: Record<string, unknown> = {}): Promise<Answer> =>
    bot().ask(refundAsk('x', { authorization_details: elements, ...more }));
  const denied = async (elements: Record<string, unknown>[], times = 3): Promise<Asked> => {
    let last: Asked | null = null;
    for (let time = 0; time < times; time += 1) {
      last = created(await asking(elements, { requested_ttl: 300 - time }), 202);
      await deny(stage, last);
    }
    return last as Asked;
  };

  it('is denied no more often for being asked for one second less each time', async () => {
    const third = await denied([refund('less')]);
    expect((await bot().get(`/v1/escalations/${third.id}`)).body.denial.next).toMatchObject({ after_seconds: 60 });
    expect(await asking([refund('less')], { requested_ttl: 200 })).toMatchObject({ status: 429 });
  });

  it.each<[string, (order: string) => Record<string, unknown>[], Record<string, unknown>]>([
    ['for other uses', (order) => [refund(order)], { max_uses: 7 }],
    [
      'for another task in other words',
      (order) => [refund(order)],
      { task: { id: 'other' }, justification: 'Please.' },
    ],
    ['with its arguments in another order', (order) => [refund(order, { arguments: { amount: 4000, order } })], {}],
    ['twice in one', (order) => [refund(order), refund(order)], {}],
    ['with more beside it', (order) => [refund('decoy'), refund(order)], {}],
    ['as a part of all orders', (order) => [{ ...refund(order), identifier: undefined }], {}],
    ['on the word of an emergency', (order) => [refund(order)], { break_glass: true }],
  ])('is met when it comes %s', async (what, elements, more) => {
    const order = what.replaceAll(' ', '-');
    await denied([refund(order)]);
    expect(await asking(elements(order), more)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect((await asking([refund(`not-${order}`)])).status).toBe(202);
  });

  it('is met though it came with another decoy each time', async () => {
    for (const decoy of ['d1', 'd2', 'd3']) await denied([refund('wanted'), refund(decoy)], 1);
    expect((await asking([refund('wanted'), refund('d4')])).status).toBe(429);
    expect((await asking([refund('wanted')])).status).toBe(429);
    expect((await asking([refund('d1')])).status).toBe(202);
  });

  it('is not met by one that asks for less than what was denied', async () => {
    await denied([{ ...refund('all'), identifier: undefined }]);
    expect((await asking([refund('all')])).status).toBe(202);
  });

  it('is listed to the agent while it is open, and nobody else’s is', async () => {
    const [one, two] = [refund('like-1'), refund('like-2')];
    const first = await asking([one, two]);
    expect(first.body.like).toEqual([]);
    const second = await asking([two, one], { requested_ttl: 17, task: { id: 'another' } });
    expect(second.body.like).toEqual([first.body.id]);
    expect((await asking([one])).body.like).toEqual([]);
    const others = await stage.caller('rival-bot').ask(refundAsk('x', { authorization_details: [one, two] }));
    expect(others.body.like).toEqual([]);
    await deny(stage, created(first, 202));
    expect((await asking([one, two, one])).body.like).toEqual([second.body.id]);
    const key = { 'idempotency-key': 'like' };
    const body = refundAsk('x', { authorization_details: [one, two] });
    expect((await bot().ask(body, key)).body.like).toEqual((await bot().ask(body, key)).body.like);
    expect((await bot().get(`/v1/escalations/${second.body.id}`)).body).not.toHaveProperty('like');
  });

  it('comes before people with who denied it before, and why', async () => {
    const before = await denied([refund('why')], 1);
    const again = created(await asking([refund('why')], { requested_ttl: 100 }), 202);
    const context = (await (await stage.person('carol')).send('GET', `/v1/escalations/${again.id}/context`)).body as {
      same_ask: unknown;
    };
    expect(context.same_ask).toMatchObject({ denied: 1, denials: [{ by: 'bob', reason: 'Not today.' }] });
    expect(before.id).not.toBe(again.id);
    const card = await stage.slack.card(again.id);
    expect(JSON.stringify(card.blocks)).toMatch(/Denied before by bob: Not today\./);
  });
});

describe('requests that may wait for people', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage((config) => {
      config.agents = config.agents.map((agent) => ({ ...agent, owner: 'alice' }));
      Object.assign(config.limits, { pending_per_agent: 4, pending_per_owner: 6 });
    });
  });
  afterAll(() => stage.close());

  it('are counted for all agents of one owner, also when these ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        stage.caller(index % 2 === 0 ? 'support-bot' : 'rival-bot').ask(refundAsk(String(index))),
      ),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(6);
    const refused = answers.filter((answer) => answer.status !== 202);
    for (const answer of refused) expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_pending' } });
    expect(refused.some((answer) => /one owner/.test(String(answer.body.detail)))).toBe(true);
  });
});

describe('one no to everything that an agent asks', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(async () => {
    expect(await brokenInvariants(stage.world)).toEqual([]);
  });
  afterAll(() => stage.close());

  const flood = async (count: number): Promise<Asked[]> => {
    const made = await Promise.all(
      Array.from({ length: count }, (_, index) => stage.caller('support-bot').ask(refundAsk(`${index % 3}`))),
    );
    return made.map((answer) => created(answer, 202));
  };
  const exported = async (): Promise<Asked> =>
    created(
      await stage.caller('support-bot').ask({
        resource: 'https://payments.example',
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-11' } }],
        task: { id: 'export' },
      }),
      202,
    );
  const path = '/v1/agents/support-bot/deny-pending';
  const body = { reason: 'A flood.' };
  const statuses = async (asked: readonly Asked[]): Promise<string[]> =>
    Promise.all(
      asked.map(
        async ({ id }) => (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status as string,
      ),
    );

  it('is a vote on what the person may decide, and leaves the rest', async () => {
    const [asked, other] = [await flood(7), await exported()];
    const dave = await stage.person('dave');
    expect(await dave.send('POST', path, body)).toMatchObject({
      status: 200,
      body: { agent: 'support-bot', denied: 1 },
    });
    expect(await statuses([other])).toEqual(['denied']);
    expect(await (await stage.person('bob')).send('POST', path, body)).toMatchObject({ body: { denied: 7 } });
    expect(new Set(await statuses(asked))).toEqual(new Set(['denied']));
    expect(await (await stage.person('bob')).send('POST', path, body)).toMatchObject({ body: { denied: 0 } });
  });

  it('is an operator’s for all of it, without a vote', async () => {
    const other = created(await stage.caller('rival-bot').ask(refundAsk('rival')), 202);
    const asked = created(await stage.caller('support-bot').ask(refundAsk('alone')), 202);
    await stage.slack.card(asked.id);
    expect(await stage.caller('ops-cli').post(path, body)).toMatchObject({ status: 200, body: { denied: 1 } });
    expect(await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).toMatchObject({
      body: { denial: { by: 'person', code: 'denied_by_operator', reason: 'A flood.' } },
    });
    expect((await stage.caller('rival-bot').get(`/v1/escalations/${other.id}`)).body.status).toBe('pending');
    const card = await until('the card says who denied', async () =>
      (await stage.slack.cardsOf(asked.id)).find((one) => JSON.stringify(one.blocks).includes('ops-cli denied')),
    );
    expect(JSON.stringify(card.blocks)).toContain('Reason:\\n│ A flood.');
  });

  it('is nobody else’s, and the owner’s own word changes nothing', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk('kept')), 202);
    expect((await (await stage.person('erin')).send('POST', path, body)).status).toBe(403);
    expect((await stage.caller('auditor-tool').post(path, body)).status).toBe(403);
    expect((await stage.caller('rival-bot').post(path, body)).status).toBe(403);
    expect(await (await stage.person('alice')).send('POST', path, body)).toMatchObject({ body: { denied: 0 } });
    expect(await statuses([asked])).toEqual(['pending']);
  });

  it('needs a reason, and for an operator an agent that exists', async () => {
    const olga = await stage.person('olga');
    expect((await olga.send('POST', path, {})).status).toBe(400);
    expect((await olga.send('POST', '/v1/agents/nobody/deny-pending', body)).status).toBe(404);
    expect(await (await stage.person('bob')).send('POST', '/v1/agents/nobody/deny-pending', body)).toMatchObject({
      body: { denied: 0 },
    });
  });
});
