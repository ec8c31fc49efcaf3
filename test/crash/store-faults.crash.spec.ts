import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JOBS } from '#delivery/queues.js';
import { Caller, refundAsk, type Answer } from '../harness/actors/agent.js';
import { setFarStage, type FarStage } from '../harness/brokers/far-broker.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { inPostgres, inRedis, type QueuePlace } from '../harness/faults/queue-place.js';
import { REDIS_IS_INSTALLED } from '../harness/world/redis.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

const unlimited = (config: { limits: object }): void =>
  void Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 });

describe('a process whose database is far away', () => {
  let setting: FarStage;
  let stage: Stage;

  beforeAll(async () => {
    setting = await setFarStage(unlimited);
    stage = setting.stage;
  }, 60_000);
  afterAll(async () => {
    setting.proxy.delay(0);
    expect(await brokenAfterwards(stage.world, [stage.broker, setting.far], 60_000)).toEqual([]);
  }, 90_000);
  afterAll(() => setting?.close());

  const votes = async (id: string): Promise<number> =>
    (await stage.world.database.pool.query('select 1 from "votes" where "escalation_id" = $1', [id])).rows.length;
  const status = async (id: string): Promise<unknown> =>
    (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status;

  it.each([
    { what: 'a tenth of a second for each statement: Slack is answered first, the outcome follows', ms: 50 },
    { what: 'five seconds: Slack is answered in time that it did not work', ms: 2_500 },
  ])(
    '$what, and a second click is harmless',
    async ({ ms }) => {
      const { proxy, bob } = setting;
      const { id } = created(await stage.caller('support-bot').ask(refundAsk(`far-${ms}`)), 202);
      const { ts } = await stage.slack.card(id);
      proxy.delay(ms);
      const from = performance.now();
      const first = await stage.slack.click(bob.slackUser, ts, 'writ_approve');
      const took = performance.now() - from;
      if (ms < 1_000) {
        expect(first).toMatchObject({ ok: true });
        await until('the vote is counted', async () => (await status(id)) === 'approved', 60_000);
      } else {
        expect(first).toMatchObject({ ok: false });
        proxy.delay(0);
      }
      // What Slack waits for, and a little for a machine that does other things too.
      expect(took).toBeLessThan(4_000);
      proxy.delay(0);
      await stage.slack.click(bob.slackUser, ts, 'writ_approve');
      await until('it is approved', async () => (await status(id)) === 'approved', 60_000);
      expect(await votes(id)).toBe(1);
    },
    120_000,
  );
});

describe('a process whose connections are all wanted', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage(unlimited);
  }, 60_000);
  afterAll(async () => {
    // A hundred jobs sleep until the turn of a card that nobody wants any more.
    expect(await brokenAfterwards(stage.world, [stage.broker], 60_000, ['card.publish'])).toEqual([]);
  }, 90_000);
  afterAll(() => stage?.close());

  /** Made, or told to come again in so many seconds. */
  const settled = ({ status, headers }: Answer): boolean =>
    status === 202 || (status === 503 && Number(headers.get('retry-after')) >= 1);

  /** Locks these rows from outside, and answers how to let go of them. */
  const holding = async (rows: string, ...values: string[]): Promise<() => Promise<void>> => {
    const holder = await stage.world.database.pool.connect();
    await holder.query('begin');
    await holder.query(rows, values);
    return async () => {
      await holder.query('rollback');
      holder.release();
    };
  };
  const waiting = async (): Promise<number> => {
    const { rows } = await stage.world.database.pool.query<{ n: number }>(
      `select count(*)::int as "n" from "pg_stat_activity" where "datname" = current_database() and "wait_event_type" = 'Lock'`,
    );
    return rows[0]?.n ?? 0;
  };

  it('still decides, and collects, while an agent says 300 times that its task goes on and is over', async () => {
    const [held, other] = [await collectedRefund(stage), await collectedRefund(stage, {}, 'rival-bot')];
    const open = created(await stage.caller('rival-bot').ask(refundAsk('beside')), 202);
    const bob = await stage.person('bob');
    const agent = stage.caller('support-bot');
    const release = await holding(`select 1 from "grants" where "id" = $1 for update`, held.grant);
    const crowd = (call: () => Promise<Answer>): Promise<Answer>[] => Array.from({ length: 100 }, call);
    let answers: Promise<Answer[]>;
    try {
      answers = Promise.all([
        ...crowd(() => agent.post(`/v1/grants/${held.grant}/heartbeat`)),
        ...crowd(() => agent.post(`/v1/grants/${held.grant}/complete`, { outcome: 'succeeded' })),
        ...crowd(() => agent.form('/oauth/revoke', { token: held.token })),
      ]);
      await until('the agent holds connections that wait', async () => (await waiting()) >= 5);
      expect((await bob.decide(open, 'approve')).status).toBe(200);
      expect((await stage.caller('rival-bot').redeem(open.continuation.deferral_code)).status).toBe(200);
      const revoked = await stage.caller('ops-cli').post(`/v1/grants/${other.grant}/revoke`, { reason: 'Drill.' });
      expect(revoked.status).toBe(200);
      expect(await waiting()).toBeLessThanOrEqual(8);
    } finally {
      await release();
    }
    const statuses = new Set((await answers).map(({ status }) => status));
    expect([...statuses].filter((status) => ![200, 204, 409, 503].includes(status))).toEqual([]);
    expect((await stage.caller('payments-api').introspect(held.token)).body.active).toBe(false);
  }, 60_000);

  it('still decides, revokes and introspects while 200 requests of an agent wait for a lock', async () => {
    const rival = await collectedRefund(stage, {}, 'rival-bot');
    const other = await collectedRefund(stage, {}, 'rival-bot');
    const open = created(await stage.caller('rival-bot').ask(refundAsk('open')), 202);
    await stage.slack.card(open.id);
    const bob = await stage.person('bob');
    const release = await holding(`select 1 from "agents" where "id" = 'support-bot' for update`);
    let answers: Promise<Answer[]>;
    try {
      answers = Promise.all(
        Array.from({ length: 200 }, (_, turn) =>
          stage.caller('support-bot').ask(refundAsk(`crowd-${turn}`, { task: { id: `run-${turn}` } })),
        ),
      );
      // One request of an agent waits in the database, the others in their process.
      await until('the agent holds a connection that waits', async () => (await waiting()) >= 1);
      expect(await waiting()).toBeLessThanOrEqual(2);
      const ended = await stage
        .caller('rival-bot')
        .post(`/v1/grants/${other.grant}/complete`, { outcome: 'succeeded' });
      expect(ended).toMatchObject({ status: 200, body: { status: 'completed' } });
      expect((await stage.caller('payments-api').introspect(rival.token)).body.active).toBe(true);
      expect((await bob.decide(open, 'approve')).status).toBe(200);
      const revoked = await stage.caller('ops-cli').post(`/v1/grants/${rival.grant}/revoke`, { reason: 'Drill.' });
      expect(revoked.status).toBe(200);
      expect((await stage.caller('payments-api').introspect(rival.token)).body.active).toBe(false);
    } finally {
      await release();
    }
    expect((await answers).filter((answer) => !settled(answer))).toEqual([]);
    // And then it is as if nothing had been.
    expect((await stage.caller('support-bot').ask(refundAsk('after'))).status).toBe(202);
    // Nobody needs to wait until a hundred cards have had their turns.
    expect((await stage.caller('ops-cli').post('/v1/agents/support-bot/suspend', {})).status).toBe(200);
  }, 60_000);
});

const PLACES: readonly (readonly [string, () => Promise<QueuePlace>])[] = [
  ['PostgreSQL', inPostgres],
  ...(REDIS_IS_INSTALLED ? ([['Redis', () => inRedis('flushed')]] as const) : []),
];

const PAUSED = Object.entries(JOBS).flatMap(([topic, { queue }]) => (queue === 'deadlines' ? [topic] : []));

describe.each(PLACES)('with jobs in %s and their queue paused', (_name, open) => {
  let stage: Stage;
  let place: QueuePlace;

  beforeAll(async () => {
    place = await open();
    stage = await setStage(unlimited, { redisUrl: place.redisUrl });
    await place.pause(stage.world, 'deadlines');
  }, 60_000);
  afterAll(async () => {
    expect(await brokenAfterwards(stage.world, [stage.broker], 60_000, PAUSED)).toEqual([]);
  }, 90_000);
  afterAll(async () => {
    await stage?.close();
    await place?.close();
  });

  it('requests, approvals and tokens end in their second, and the rows follow', async () => {
    const agent = new Caller(stage.world, stage.broker.issuer, 'support-bot');
    const held = await collectedRefund(stage, { requested_ttl: 2 });
    const ready = await approvedRefund(stage);
    const quick = created(
      await agent.ask({
        resource: 'https://payments.example',
        authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
        task: { id: 'quick' },
      }),
      202,
    );
    await until(
      'the request has lapsed',
      async () => (await agent.get(`/v1/escalations/${quick.id}`)).body.status === 'lapsed',
    );
    await until(
      'the token is refused',
      async () => (await stage.caller('payments-api').introspect(held.token)).body.active === false,
    );
    await until('both ends are written', async () => {
      const { rows } = await stage.world.database.pool.query(
        `select 1 from "escalations" where "id" = $1 and "status" = 'lapsed' union all select 1 from "grants" where "id" = $2 and "status" = 'expired'`,
        [quick.id, held.grant],
      );
      return rows.length === 2;
    });
    expect((await agent.redeem(ready.code)).status).toBe(200);
  }, 60_000);
});
