import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROUTES_WITH_TURNS } from '../../apps/broker/src/serve/admission-lanes.js';
import { BUDGETS } from '../../apps/broker/src/serve/budgets.js';
import { readAsk, refundAsk, type Answer } from '../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { expectProblem } from '../harness/judges/problem.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

describe('the table of budgets', () => {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`),
  );

  it.each(described)('has a row for %s', (route) => {
    expect(Object.keys(BUDGETS)).toContain(route);
  });

  it('says why a route has none, and gives turns to exactly those that it says have turns', () => {
    const kinds = Object.entries(BUDGETS);
    for (const [, budget] of kinds) if ('because' in budget) expect(budget.because.length).toBeGreaterThan(8);
    const turns = kinds.filter(([, { kind }]) => kind === 'turns').map(([route]) => route);
    expect(ROUTES_WITH_TURNS).toEqual(expect.arrayContaining(turns));
    for (const route of ROUTES_WITH_TURNS) expect(BUDGETS).toHaveProperty([route]);
  });
});

describe('a caller who calls without end', () => {
  let stage: Stage;
  let other: Broker;
  let asked: { id: string; digest: string };

  beforeAll(async () => {
    stage = await setStage((config) => void (config.limits = { pending_per_agent: 100, creates_per_minute: 70 }), {
      roles: 'api',
    });
    other = await startTestBroker(stage.world, { roles: 'api', slack: stage.broker.slack });
    asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    for (const id of ['alice', 'bob', 'carol', 'dave']) await stage.person(id);
  });
  afterAll(async () => {
    await other.close();
    await stage.close();
  });

  /** Calls in tens until refused; two minutes' worth at most, since the minute may turn. */
  async function until429(
    most: number,
    call: (n: number) => Promise<Answer>,
  ): Promise<{ calls: number; last: Answer }> {
    for (let calls = 0; calls < 2 * most + 20; calls += 10) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => call(calls + n)));
      const last = answers.find(({ status }) => status === 429);
      if (last !== undefined) return { calls, last };
    }
    throw new Error('never refused');
  }
  const inTwo = (n: number): Broker => (n % 2 === 0 ? stage.broker : other);

  it.each<[string, number, (n: number) => Promise<Answer>, () => Promise<Answer>]>([
    [
      'what it may ask for',
      60,
      () => stage.caller('support-bot').get('/v1/requestable'),
      () => stage.caller('rival-bot').get('/v1/requestable'),
    ],
    [
      'what would happen if it asked',
      70,
      () => stage.caller('support-bot').post('/v1/escalations/evaluate', readAsk()),
      () => stage.caller('rival-bot').post('/v1/escalations/evaluate', readAsk()),
    ],
    [
      'a vote that is refused',
      300,
      async (n) => (await stage.person('dave')).at(inTwo(n)).decide({ ...asked, digest: 'sha256:old' }, 'approve'),
      async () => (await stage.person('carol')).decide(asked, 'approve'),
    ],
    [
      'a comment',
      60,
      async (n) =>
        (await stage.person('carol'))
          .at(inTwo(n))
          .send('POST', `/v1/escalations/${asked.id}/comments`, { text: 'No.' }),
      async () =>
        (await stage.person('bob')).send('POST', `/v1/escalations/${asked.id}/comments`, { text: 'But yes.' }),
    ],
  ])('is refused %s, for a while, and nobody else is', async (_what, most, call, others) => {
    const { calls, last } = await until429(most, call);
    expect(calls).toBeGreaterThanOrEqual(most - 10);
    expectProblem(last, 429, 'rate_limited');
    const wait = Number(last.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(60);
    expect((await others()).status).toBeLessThan(300);
  });

  it('may still do what it has not done too often', async () => {
    const carol = await stage.person('carol');
    expect((await carol.send('GET', `/v1/escalations/${asked.id}`)).status).toBe(200);
    expect((await stage.caller('support-bot').ask(readAsk())).status).toBe(201);
  });
});
