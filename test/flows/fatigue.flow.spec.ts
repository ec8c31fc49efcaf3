import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../harness/agent.js';
import { brokenInvariants } from '../harness/invariants.js';
import { created, setStage, type Stage } from '../harness/stage.js';
import { until } from '../harness/until.js';

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
       alter table "escalations" enable trigger user;`,
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
