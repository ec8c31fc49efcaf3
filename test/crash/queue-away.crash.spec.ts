import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, patiently, refundAsk, type Answer } from '../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { stillActiveSomewhere } from '../harness/judges/everywhere.js';
import { startFaultProxy, type FaultProxy } from '../harness/faults/fault-proxy.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { startHookReceiver, type HookReceiver } from '../harness/actors/notice-places.js';
import type { Person } from '../harness/actors/person.js';
import { REDIS_IS_INSTALLED, startOwnRedis, type OwnRedis } from '../harness/world/redis.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

/** How long each outage lasts; `WRIT_OUTAGE_SECONDS=60` is the long form. */
const OUTAGE_SECONDS = Number(process.env['WRIT_OUTAGE_SECONDS'] ?? 2);
/** How often at least a grant is made and ended in it. */
const ROUNDS = Number(process.env['WRIT_ROUNDS'] ?? 3);
const LEFT_OPEN = 3;

type Asked = ReturnType<typeof created>;

let redis: OwnRedis;
let proxy: FaultProxy;
let hooks: HookReceiver;
let stage: Stage;
let other: Broker;
let bob: Person;
const workers: Broker[] = [];
/** Milliseconds of every call while all was well. */
const idle: number[] = [];
let orders = 0;

async function open(): Promise<void> {
  redis = await startOwnRedis();
  proxy = await startFaultProxy(redis.url);
  hooks = await startHookReceiver();
  stage = await setStage(
    (config) => {
      Object.assign(config.groups.find((group) => group['id'] === 'oncall') ?? {}, {
        notify: [{ webhook: hooks.url }],
      });
      Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 });
    },
    { roles: 'api,slack' },
  );
  const { slack } = stage.broker;
  const extra = { WRIT_ISSUER: stage.broker.issuer };
  other = await startTestBroker(stage.world, { roles: 'api', slack, extra });
  for (let n = 0; n < 2; n += 1)
    workers.push(await startTestBroker(stage.world, { roles: 'worker', slack, extra, redisUrl: proxy.url }));
  slack.setRequestUrl(`${stage.broker.base}/slack/events`);
  bob = await stage.person('bob');
}

async function close(): Promise<void> {
  redis?.thaw();
  proxy?.delay(0);
  proxy?.admit();
  await Promise.all(workers.map((worker) => worker.close()));
  await other?.close();
  await stage?.close();
  await hooks?.close();
  await proxy?.close();
  await redis?.close();
}

const there = (id: string): Caller => new Caller(stage.world, stage.broker.issuer, id, other.base);
const everywhere = (): Caller[] => [stage.caller('payments-api'), there('payments-api')];

async function timed(times: number[], call: () => Promise<Answer>, status: number): Promise<Answer> {
  const from = performance.now();
  const answer = await patiently(call);
  times.push(performance.now() - from);
  expect(answer).toMatchObject({ status });
  return answer;
}

async function ask(times: number[] = []): Promise<Asked> {
  orders += 1;
  const body = refundAsk(`${orders}`, { task: { id: `run-${orders}` } });
  return created(await timed(times, () => stage.caller('support-bot').ask(body), 202), 202);
}

/** One grant from its asking to its end, over both processes. Its end holds at both at once. */
async function round(times: number[]): Promise<void> {
  const asked = await ask(times);
  await timed(times, () => bob.at(other).decide(asked, 'approve'), 200);
  const redeemed = await timed(times, () => stage.caller('support-bot').redeem(asked.continuation.deferral_code), 200);
  const { access_token: token, grant_id: grant } = redeemed.body as { access_token: string; grant_id: string };
  for (const verifier of everywhere())
    expect((await timed(times, () => verifier.introspect(token), 200)).body.active).toBe(true);
  await timed(times, () => stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' }), 200);
  expect(await stillActiveSomewhere(everywhere(), token)).toEqual([]);
}

async function rounds(atLeast: number, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1_000;
  for (let done = 0; done < atLeast || performance.now() < end; done += 1) await round(times);
  return times;
}

const several = async (count: number, make: () => Promise<Asked>): Promise<Asked[]> => {
  const made: Asked[] = [];
  while (made.length < count) made.push(await make());
  return made;
};
const middle = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
const shown = async (id: string): Promise<string> => JSON.stringify(await stage.slack.cardsOf(id));
const told = (id: string, kind: string): boolean =>
  hooks.deliveries.some(({ status, body }) => status === 204 && body.includes(id) && body.includes(`"${kind}"`));

/** Connections break again and again, in the middle of commands and of answers. */
async function keepCutting(over: AbortSignal): Promise<void> {
  const aborted = new Promise((resolve) => over.addEventListener('abort', resolve));
  for (let turn = 0; !over.aborted; turn += 1) {
    const cut = proxy.cutAfter(40 + ((turn * 97) % 900), turn % 2 === 0 ? 'down' : 'up');
    await Promise.race([cut, aborted]);
  }
}

interface Outage {
  readonly what: string;
  begin(over: AbortSignal): unknown;
  end(): unknown;
}
const OUTAGES: readonly Outage[] = [
  { what: 'is stopped', begin: () => redis.kill(), end: () => redis.restart() },
  { what: 'is frozen', begin: () => redis.freeze(), end: () => redis.thaw() },
  { what: 'takes no connections', begin: () => proxy.refuse(), end: () => proxy.admit() },
  { what: 'answers after five seconds', begin: () => proxy.delay(5_000), end: () => proxy.delay(0) },
  {
    what: 'says nothing more on the connections that stand',
    begin: () => proxy.swallow('standing'),
    end: () => undefined,
  },
  { what: 'is cut off in the middle of words', begin: (over) => void keepCutting(over), end: () => undefined },
];

const onRedis = REDIS_IS_INSTALLED ? describe : describe.skip;
if (!REDIS_IS_INSTALLED) process.stderr.write('Outages of Redis are skipped: no redis-server on PATH.\n');

onRedis('while Redis', () => {
  beforeAll(async () => {
    await open();
    idle.push(...(await rounds(10, 0)));
  }, 120_000);
  afterAll(async () => {
    expect(await brokenAfterwards(stage.world, [stage.broker, other, ...workers], 60_000)).toEqual([]);
  }, 90_000);
  afterAll(close, 60_000);

  it.each(OUTAGES)(
    '$what people decide, agents collect and every end holds at once; all that must follow follows, once',
    async (outage) => {
      const before = await several(LEFT_OPEN, () => ask());
      for (const { id } of before) await stage.slack.card(id);
      const over = new AbortController();
      await outage.begin(over.signal);
      let during: number[];
      let left: Asked[];
      try {
        during = await rounds(ROUNDS, OUTAGE_SECONDS);
        for (const asked of before) await timed(during, () => bob.decide(asked, 'approve'), 200);
        left = await several(LEFT_OPEN, () => ask(during));
      } finally {
        over.abort();
        await outage.end();
      }
      // Nobody who serves waits for the queue. Generous: a machine does other things too.
      expect(middle(during)).toBeLessThan(5 * middle(idle) + 100);
      for (const { id } of left)
        await until('the card of who asked meanwhile', async () => (await shown(id)).includes('"actions"'), 60_000);
      for (const { id } of before) {
        await until(
          'the card says what was decided meanwhile',
          async () => !(await shown(id)).includes('"actions"'),
          60_000,
        );
        await until('whoever is told is told of it', () => told(id, 'approved'), 60_000);
      }
      for (const { id } of left) await until('whoever is told is told of the request', () => told(id, 'asked'), 60_000);
      for (const { id } of [...before, ...left]) expect(await stage.slack.cardsOf(id)).toHaveLength(1);
      const accepted = hooks.deliveries.map(({ headers }) => headers['webhook-id']);
      expect(accepted.length).toBe(new Set(accepted).size);
    },
    150_000 + OUTAGE_SECONDS * 1_000,
  );
});
