import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/actors/agent.js';
import { startTestBroker } from '../harness/brokers/broker.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { spawnBroker, type BrokerProcess } from '../harness/brokers/process.js';
import { REDIS_IS_HERE, startRedis, type TestRedis } from '../harness/world/redis.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import { BASE_POLICIES } from '../harness/world/world.js';
import type { Failpoint } from './broker-with-failpoints.js';
import { EMERGENCY, EMERGENCY_POLICIES } from './emergency.js';

interface Case {
  readonly failpoint: Failpoint | 'during-slack-call';
  readonly how: 'kill' | 'stop';
  /** Messages with buttons of a request that people still decide. */
  readonly live: number;
  /** What it falls over: the card, or the news of a break-glass, which has no buttons. */
  readonly over: 'card' | 'news';
}

const POLICIES = `${BASE_POLICIES.replace(/@id\("quick"\)[^;]*;/, '')}${EMERGENCY_POLICIES}`;

const CASES: readonly Case[] = [
  // First, since it takes longest.
  { failpoint: 'before-slack-call', how: 'kill', live: 0, over: 'news' },
  { failpoint: 'before-hand-over-is-marked', how: 'kill', live: 1, over: 'card' },
  { failpoint: 'before-slack-call', how: 'kill', live: 1, over: 'card' },
  { failpoint: 'during-slack-call', how: 'kill', live: 1, over: 'card' },
  // Slack has the message and nobody knows its ts: a second one is posted, and the first one's buttons are refused.
  { failpoint: 'between-post-and-record', how: 'kill', live: 2, over: 'card' },
  // The same, but the process wakes, sees that another one is on record, and marks its own as replaced.
  { failpoint: 'between-post-and-record', how: 'stop', live: 1, over: 'card' },
  { failpoint: 'after-job-ack', how: 'kill', live: 1, over: 'card' },
];

const TIMEOUT = 300_000;

/** One world with a process that works and is to fall, and a broker that serves meanwhile and then works too. */
class Story {
  private constructor(
    readonly stage: Stage,
    private readonly worker: BrokerProcess,
    private readonly redisUrl: string | undefined,
  ) {}

  static async begin(redis: TestRedis | undefined): Promise<Story> {
    const redisUrl = redis?.url;
    const stage = await setStage(() => undefined, { roles: 'api,slack', policies: POLICIES });
    const worker = await spawnBroker(stage.world, stage.broker.slack, {
      roles: 'worker',
      program: 'dist/test/crash/broker-with-failpoints.js',
      extra: { WRIT_ISSUER: stage.broker.issuer },
      redisUrl,
    });
    return new Story(stage, worker, redisUrl);
  }

  /** Has the worker fall over the card of a new request; another takes over. @returns what the request shows then */
  async play({ failpoint, how, over }: Case): Promise<{ id: string; live: number }> {
    const { stage, worker } = this;
    const fallen = await this.arm(failpoint, how);
    const agent = stage.caller('support-bot');
    const news = over === 'news';
    const { id } = news ? created(await agent.ask(EMERGENCY), 201) : created(await agent.ask(refundAsk()), 202);
    await fallen();
    // There is no clock to turn: this is what 20 s do to the lease of whoever fell.
    await stage.world.database.pool.query(
      `update "slack_cards" set "leased_until" = clock_timestamp() where "leased_until" is not null`,
    );
    await stage.world.database.pool.query(
      `update "outbox" set "claimed_until" = clock_timestamp() where "dispatched_at" is null`,
    );
    const rescuer = await startTestBroker(stage.world, {
      roles: 'worker',
      slack: stage.broker.slack,
      redisUrl: this.redisUrl,
      extra: { WRIT_ISSUER: stage.broker.issuer },
    });
    stage.broker.slack.setRequestUrl(`${stage.broker.base}/slack/events`);
    try {
      if (news) await this.told(id);
      else await this.recorded(id);
      if (how === 'stop') await this.wake(id);
      const live = (await stage.slack.cardsOf(id)).filter((card) => JSON.stringify(card.blocks).includes('"actions"'));
      if (!news) await this.decide(id, live.length);
      expect(await brokenAfterwards(stage.world, [stage.broker, rescuer])).toEqual([]);
      return { id, live: live.length };
    } finally {
      await worker.kill();
      await rescuer.close();
      await stage.close();
    }
  }

  /** @returns what waits until the worker has fallen */
  private async arm(failpoint: Case['failpoint'], how: Case['how']): Promise<() => Promise<unknown>> {
    const { worker } = this;
    if (failpoint !== 'during-slack-call') {
      await worker.arm(failpoint, how);
      const reached = worker.reached();
      return () => (how === 'stop' ? reached : worker.gone);
    }
    const { slack } = this.stage.broker;
    slack.faults.set('chat.postMessage', { kind: 'hang' });
    return async () => {
      await until('Slack is called', () => slack.journal().some((call) => call.method === 'chat.postMessage'), 30_000);
      await worker.kill();
    };
  }

  private recorded(id: string): Promise<true> {
    return until(
      'the card is on record',
      async () => {
        const { rows } = await this.stage.world.database.pool.query(
          `select 1 from "slack_cards" where "escalation_id" = $1 and "ts" is not null`,
          [id],
        );
        return rows.length === 1;
      },
      60_000,
    );
  }

  /** Nobody turns its lease: whoever takes the job over waits until that has run out. */
  private told(id: string): Promise<true> {
    return until('the news is told', async () => (await this.stage.slack.cardsOf(id)).length === 1, 120_000);
  }

  private async wake(id: string): Promise<void> {
    this.worker.thaw();
    await until('the one that woke has marked its copy as replaced', async () => {
      const shown = (await this.stage.slack.cardsOf(id)).map((card) => JSON.stringify(card.blocks));
      return shown.filter((blocks) => blocks.includes('"actions"')).length === 1;
    });
  }

  /** Whoever clicks a copy is refused; whoever clicks the card on record decides. */
  private async decide(id: string, live: number): Promise<void> {
    const { stage } = this;
    const { rows } = await stage.world.database.pool.query<{ ts: string }>(
      `select "ts" from "slack_cards" where "escalation_id" = $1`,
      [id],
    );
    const status = async (): Promise<unknown> =>
      (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status;
    const recorded = rows[0]?.ts ?? '';
    const copy = (await stage.slack.cardsOf(id)).find((card) => card.ts !== recorded);
    if (live > 1) {
      await stage.slack.click('U0002', copy?.ts ?? '', 'writ_approve');
      await until('the copy is marked as replaced', async () =>
        (await stage.slack.cardsOf(id)).every(
          (card) => card.ts === recorded || !JSON.stringify(card.blocks).includes('"actions"'),
        ),
      );
      expect(await status()).toBe('pending');
    }
    await stage.slack.click('U0002', recorded, 'writ_approve');
    await until('it is approved', async () => (await status()) === 'approved');
  }
}

function workersFall(queue: 'PostgreSQL' | 'Redis'): void {
  const stories = new Map<Case, Promise<{ live: number }>>();
  const servers: TestRedis[] = [];

  // Each waits for a lock to run out, so they wait together; every one has its own world and its own queue.
  beforeAll(async () => {
    for (const one of CASES) {
      const redis = queue === 'Redis' ? await startRedis() : undefined;
      if (redis !== undefined) servers.push(redis);
      const story = await Story.begin(redis);
      const playing = story.play(one);
      playing.catch(() => undefined);
      stories.set(one, playing);
    }
  }, TIMEOUT);
  afterAll(async () => {
    await Promise.allSettled(stories.values());
    await Promise.all(servers.map((server) => server.close()));
  }, TIMEOUT);

  it.each(CASES)(
    '$how $failpoint, over the $over: it comes, and a card is decided once',
    async (one) => {
      expect(await stories.get(one)).toMatchObject({ live: one.live });
    },
    TIMEOUT,
  );
}

describe('a worker that falls, with jobs in PostgreSQL', () => workersFall('PostgreSQL'));
const onRedis = REDIS_IS_HERE ? describe : describe.skip;
onRedis('a worker that falls, with jobs in Redis', () => workersFall('Redis'));
if (!REDIS_IS_HERE) process.stderr.write('Crashes on Redis are skipped: no redis-server on PATH and no REDIS_URL.\n');
