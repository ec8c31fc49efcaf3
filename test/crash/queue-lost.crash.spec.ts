import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { patiently, readAsk, refundAsk } from '../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { startHookReceiver, type HookReceiver } from '../harness/actors/notice-places.js';
import { inPostgres, inRedis, type QueuePlace } from '../harness/faults/queue-place.js';
import { REDIS_IS_INSTALLED } from '../harness/world/redis.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { ageEscalation, ageReadyGrant } from '../harness/world/superuser.js';
import { until } from '../harness/judges/until.js';
import { EMERGENCY, EMERGENCY_POLICIES } from './emergency.js';

const POLICIES = `
@id("reads") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);
@id("refunds") @outcome("require_approval") @approvers("oncall") @max_uses("5")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
${EMERGENCY_POLICIES}`;

/** How much is queued when the queue is lost. */
interface Size {
  readonly expiries: number;
  readonly mints: number;
  readonly reminders: number;
}
const FULL: Size = { expiries: 100, mints: 20, reminders: 10 };
/** For the ways to lose a queue that differ in nothing but how it is lost; `WRIT_CRASH_SIZE=full` fills it there too. */
const FEW: Size = process.env['WRIT_CRASH_SIZE'] === 'full' ? FULL : { expiries: 20, mints: 6, reminders: 3 };
/** Seconds that each of the tokens lives: long enough that the queue is lost before. */
const TTL = 12;

/** Several worlds wait side by side. */
const soon: typeof until = (what, probe) => until(what, probe, 60_000);

interface Asked {
  readonly id: string;
  readonly digest: string;
  readonly continuation: { readonly deferral_code: string };
}

/** One world whose queue is lost while everything is in it that can be, and everyone outside is away. */
class Story {
  private readonly tokens: string[] = [];
  private reminded: Asked[] = [];
  private minted: { asked: Asked; grant: string }[] = [];
  private emergency = '';

  private constructor(
    private readonly stage: Stage,
    private readonly workers: readonly Broker[],
    private readonly hooks: HookReceiver,
    private readonly place: QueuePlace,
    private readonly size: Size,
  ) {}

  static async begin(place: QueuePlace, size: Size): Promise<Story> {
    const hooks = await startHookReceiver();
    const { redisUrl } = place;
    const stage = await setStage(
      (config) => {
        Object.assign(config.groups.find((group) => group['id'] === 'oncall') ?? {}, {
          notify: [{ webhook: hooks.url }],
        });
        Object.assign(config.limits, { pending_per_agent: 1_000, creates_per_minute: 100_000 });
      },
      { roles: 'api,slack', policies: POLICIES },
    );
    const { slack } = stage.broker;
    const options = { roles: 'worker', slack, redisUrl, extra: { WRIT_ISSUER: stage.broker.issuer } };
    const workers = [await startTestBroker(stage.world, options), await startTestBroker(stage.world, options)];
    slack.setRequestUrl(`${stage.broker.base}/slack/events`);
    return new Story(stage, workers, hooks, place, size);
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await this.stage.close();
    await this.hooks.close();
    await this.place.close();
  }

  /** Fills the queue and loses it. What was in it is told by now only in PostgreSQL. */
  async lose(): Promise<void> {
    const { stage, hooks, size } = this;
    const agent = stage.caller('support-bot');
    const asked: Asked[] = [];
    for (let order = 0; order < size.mints + size.reminders; order += 1)
      asked.push(
        created(await patiently(() => agent.ask(refundAsk(`${order}`, { task: { id: `run-${order}` } }))), 202),
      );
    await soon('every card is posted', () => this.counts(`"slack_cards" where "ts" is not null`, asked.length));
    await soon('everyone was told', () => hooks.deliveries.length >= asked.length);
    stage.broker.slack.faults.set('*', { kind: 'reset' }, Infinity);
    hooks.answerWith(503);
    const bob = await stage.person('bob');
    this.minted = await Promise.all(
      asked.slice(0, size.mints).map(async (one) => {
        const { body } = await patiently(() => bob.decide(one, 'approve'));
        return { asked: one, grant: (body as { escalation: { grant: { id: string } } }).escalation.grant.id };
      }),
    );
    this.reminded = asked.slice(size.mints);
    this.emergency = created(await patiently(() => agent.ask(EMERGENCY)), 201).id;
    // Five at a time: an agent's own requests wait for one another.
    while (this.tokens.length < size.expiries) {
      const turns = Array.from({ length: 5 }, (_, turn) => this.collect(`run-${this.tokens.length + turn}`));
      this.tokens.push(...(await Promise.all(turns)));
    }
    await soon('the queue has it all', () => this.counts(`"outbox" where "dispatched_at" is null`, 0));
    await soon('some were tried in vain', () => hooks.deliveries.filter(({ status }) => status === 503).length > 5);
    await this.place.lose(stage.world);
    stage.broker.slack.faults.clear();
    hooks.answerWith(204);
    // There is no clock to turn: this is what 20 s do to what was handed over and is not done.
    await stage.world.database.pool.query(
      `update "outbox" set "dispatched_at" = "dispatched_at" - interval '20 seconds'`,
    );
  }

  /** Each token is good until its very second and no longer; the rows follow. */
  async expiriesAreOnTime(): Promise<void> {
    const verifier = this.stage.caller('payments-api');
    const wrong = this.tokens.map(async (token) => {
      const { exp = 0 } = decodeJwt(token);
      const before = await patiently(() => verifier.introspect(token));
      if (before.body.active !== true && Date.now() / 1000 < exp) return 'ended too early';
      await soon('its time is over', () => Date.now() / 1000 >= exp + 0.05);
      return (await patiently(() => verifier.introspect(token))).body.active === false ? null : 'was accepted too long';
    });
    expect((await Promise.all(wrong)).filter((fault) => fault !== null)).toEqual([]);
    await soon('every end is written', () =>
      this.counts(`"grants" where "status" = 'expired' and "end_reason" = 'ttl'`, this.size.expiries),
    );
  }

  /** Half of what was approved is collected, the other half is not, and ends. */
  async mintsAreGood(): Promise<void> {
    const { stage, minted, size } = this;
    const collected = minted.slice(0, size.mints / 2);
    for (const { asked } of collected) {
      const redeemed = await patiently(() => stage.caller('support-bot').redeem(asked.continuation.deferral_code));
      expect(redeemed.status).toBe(200);
    }
    for (const { grant } of minted.slice(size.mints / 2)) await ageReadyGrant(stage.world, grant, 601);
    await soon('what nobody collected has ended', () =>
      this.counts(`"grants" where "status" = 'expired' and "end_reason" = 'not_collected'`, size.mints / 2),
    );
    for (const { asked } of minted) await this.told(asked.id, 'approved');
  }

  /** Late in the window everyone is reminded, in the threads and outside Slack. */
  async remindersAreSent(): Promise<void> {
    const { stage, reminded } = this;
    for (const { id } of reminded) await ageEscalation(stage.world, id, 730);
    for (const { id } of reminded) await this.told(id, 'reminder');
    const carol = await stage.person('carol');
    for (const asked of reminded) expect((await patiently(() => carol.decide(asked, 'deny'))).status).toBe(200);
  }

  async breakGlassIsTold(): Promise<void> {
    const shown = await soon('the news of it', async () =>
      (await this.stage.slack.cardsOf(this.emergency)).find((card) => card.channel === 'C0002'),
    );
    expect(JSON.stringify(shown.blocks)).toContain('BREAK GLASS');
  }

  /** Everything is as if nothing had been lost, and nothing came twice. */
  async nothingIsMissing(): Promise<void> {
    const { stage, minted, reminded, hooks } = this;
    const threads = `"slack_cards" c where c."escalation_id" = any($1) and not exists
      (select 1 from "slack_thread_lines" l join "events" e on e."id" = l."event_id" where l."card_id" = c."id" and e."type" = 'vote.recorded')`;
    const ids = [...minted.map(({ asked }) => asked.id), ...reminded.map(({ id }) => id)];
    await soon('every thread was told of its vote', () => this.counts(threads, 0, [ids]));
    expect(await brokenAfterwards(stage.world, [stage.broker, ...this.workers], 60_000)).toEqual([]);
    const posts = stage.broker.slack
      .journal()
      .filter((call) => call.method === 'chat.postMessage')
      .map((call) => JSON.stringify(call));
    expect(
      ids.filter(
        (id) => posts.filter((post) => post.includes(`"id":"${id}"`) && post.includes('"actions"')).length > 1,
      ),
    ).toEqual([]);
    const accepted = hooks.deliveries
      .filter(({ status }) => status === 204)
      .map(({ headers }) => headers['webhook-id']);
    expect(accepted.length).toBe(new Set(accepted).size);
  }

  private async collect(task: string): Promise<string> {
    const agent = this.stage.caller('support-bot');
    const asked = created(await patiently(() => agent.ask({ ...readAsk(task), requested_ttl: TTL })), 201);
    return (await patiently(() => agent.redeem(asked.continuation.deferral_code))).body.access_token as string;
  }

  private async told(id: string, kind: string): Promise<void> {
    await soon(`a webhook says ${kind} of ${id}`, () =>
      this.hooks.deliveries.some(
        ({ status, body }) => status === 204 && body.includes(id) && body.includes(`"${kind}"`),
      ),
    );
  }

  private async counts(what: string, expected: number, values: unknown[] = []): Promise<boolean> {
    const { rows } = await this.stage.world.database.pool.query<{ n: number }>(
      `select count(*)::int as "n" from ${what}`,
      values,
    );
    return rows[0]?.n === expected;
  }
}

const PLACES: readonly (readonly [string, () => Promise<QueuePlace>, Size])[] = [
  ['in PostgreSQL, its tables truncated', inPostgres, FEW],
  ...(REDIS_IS_INSTALLED
    ? ([
        ['in Redis, by FLUSHALL', () => inRedis('flushed'), FULL],
        ['in Redis, which restarts without having kept anything', () => inRedis('restarted'), FEW],
      ] as const)
    : []),
];
if (!REDIS_IS_INSTALLED) process.stderr.write('Losses of a queue in Redis are skipped: no redis-server on PATH.\n');

const CHECKS = [
  ['with expiries queued: each token is refused from its second on', (story: Story) => story.expiriesAreOnTime()],
  ['with approvals queued: each can be collected or ends, and everyone hears', (story: Story) => story.mintsAreGood()],
  ['with reminders queued: each is given', (story: Story) => story.remindersAreSent()],
  ['with the news of a break-glass queued: who was passed over is told', (story: Story) => story.breakGlassIsTold()],
] as const;

describe('a queue that is lost', () => {
  const stories = new Map<string, Story>();
  const checks = new Map<string, Promise<void>[]>();

  // One after the other the queues are filled and lost; then all wait together for what is to follow.
  beforeAll(async () => {
    for (const [name, open, size] of PLACES) {
      const story = await Story.begin(await open(), size);
      stories.set(name, story);
      await story.lose();
      const checking = CHECKS.map(([, check]) => check(story));
      for (const one of checking) one.catch(() => undefined);
      checks.set(name, checking);
    }
  }, 240_000);
  afterAll(async () => {
    for (const checking of checks.values()) await Promise.allSettled(checking);
    for (const story of stories.values()) await story.end();
  }, 120_000);

  describe.each(PLACES)('%s', (name) => {
    it.each(CHECKS.map(([rule], index) => [rule, index] as const))(
      '%s',
      async (_rule, index) => {
        await checks.get(name)?.[index];
      },
      120_000,
    );

    it('leaves nothing behind: every card is final and nothing came twice', async () => {
      await stories.get(name)?.nothingIsMissing();
    }, 120_000);
  });
});
