import { describe, it } from '@jest/globals';
import { Caller } from '../actors/agent.js';
import { startBalancer } from '../brokers/balancer.js';
import { startSlack, startTestBroker, type Broker, type BrokerOptions } from '../brokers/broker.js';
import { Person, SlackDriver } from '../actors/person.js';
import { spawnBroker, type BrokerProcess } from '../brokers/process.js';
import { REDIS_IS_HERE, startRedis } from '../world/redis.js';
import type { Stage } from '../world/stage.js';
import { withoutPace } from '../world/pace.js';
import { makeWorld, type Config, type World } from '../world/world.js';

const { WRIT_ROUNDS } = process.env;
const GIVEN_ROUNDS = WRIT_ROUNDS === undefined ? null : Number(WRIT_ROUNDS);

const POLICIES = `
@id("reads") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);
@id("refunds") @outcome("require_approval") @approvers("oncall") @max_uses("5")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
@id("exports") @outcome("require_approval") @approvers("oncall") @quorum("2")
permit (principal in Writ::Group::"support", action == Writ::Action::"ledger.export", resource);
@id("quick") @outcome("require_approval") @approvers("oncall") @window("2")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource);
`;

/** Two brokers of one issuer on one database: what is signed for it, and every session, is good at both. */
export interface Pair extends Stage {
  readonly other: Broker;
  /** Both, and the processes beside them that only work. */
  readonly everyone: readonly Broker[];
  /** The same caller, at the second broker. */
  there(id: string): Caller;
}

/** Where races are run. */
export interface Place {
  /** How often each race is run here; `WRIT_ROUNDS=200 npm run races` is the long form. */
  readonly rounds: number;
  /** Starts two brokers that serve and two that work, with limits that no race reaches. */
  open(): Promise<Pair>;
  /** Runs a race again and again; `flip` says whether the second contender starts first this time. */
  race(name: string, round: (flip: boolean) => Promise<void>): void;
}

/**
 * Tells the same suite of every place: two brokers in this process with their jobs in PostgreSQL, the same with their
 * jobs in Redis, and four processes of the compiled program: twenty rounds in all unless `WRIT_ROUNDS` says how many.
 */
export function inEveryPlace(suite: (place: Place) => void): void {
  describe('with jobs in PostgreSQL', () =>
    suite(placeOf(GIVEN_ROUNDS ?? (REDIS_IS_HERE ? 12 : 18), () => startPair())));
  const onRedis = REDIS_IS_HERE ? describe : describe.skip;
  onRedis('with jobs in Redis', () => suite(placeOf(GIVEN_ROUNDS ?? 6, () => startPairOnRedis(), 1)));
  if (!REDIS_IS_HERE) process.stderr.write('Races on Redis are skipped: no redis-server on PATH and no REDIS_URL.\n');
  describe('with two processes that serve and two that work', () =>
    suite(placeOf(GIVEN_ROUNDS === null ? 2 : Math.ceil(GIVEN_ROUNDS / 10), () => startProcesses())));
}

/** @param first 1 where the second contender begins the first round: of two places that run one each, both orders are seen */
function placeOf(rounds: number, open: () => Promise<Pair>, first: 0 | 1 = 0): Place {
  const race: Place['race'] = (name, round) =>
    it(
      name,
      async () => {
        for (let turn = 0; turn < rounds; turn += 1) await round((turn + first) % 2 === 1);
      },
      30_000 + rounds * 3_000,
    );
  return { rounds, open, race };
}

/** Starts both, the second one first when flipped; answers in the order given. */
export async function both<A, B>(flip: boolean, one: () => Promise<A>, two: () => Promise<B>): Promise<[A, B]> {
  if (!flip) return Promise.all([one(), two()]);
  const second = two();
  const first = one();
  return Promise.all([first, second]);
}

type Closer = () => Promise<void>;

/** Builds up; what was opened is closed again, last first, when a later step fails. */
async function opening(build: (closers: Closer[]) => Promise<Omit<Pair, 'close'>>): Promise<Pair> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await build(closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Limits that no race reaches, and three people on call beside the owner of the agent. */
const unlimited = (config: Config): void => {
  Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 });
  const oncall = config.groups.find((group) => group['id'] === 'oncall');
  Object.assign(oncall ?? {}, { members: ['alice', 'bob', 'carol', 'dave'] });
};

function startPair(options: BrokerOptions = {}): Promise<Pair> {
  return opening((closers) => buildPair(closers, options));
}

function startPairOnRedis(): Promise<Pair> {
  return opening(async (closers) => {
    const redis = await startRedis();
    closers.push(() => redis.close());
    return buildPair(closers, { redisUrl: redis.url });
  });
}

async function buildPair(closers: Closer[], options: BrokerOptions): Promise<Omit<Pair, 'close'>> {
  const { world, slack } = await backdrop(closers);
  const broker = await startTestBroker(world, { ...options, slack });
  closers.push(() => broker.close());
  const other = await startTestBroker(world, { ...options, slack, extra: { WRIT_ISSUER: broker.issuer } });
  closers.push(() => other.close());
  return pairOf(closers, world, broker, other);
}

function startProcesses(): Promise<Pair> {
  return opening(async (closers) => {
    const { world, slack } = await backdrop(closers);
    const start = async (roles: string, issuer?: string): Promise<BrokerProcess> => {
      const extra: Record<string, string> = issuer === undefined ? {} : { WRIT_ISSUER: issuer };
      const running = await spawnBroker(world, slack, { roles, extra });
      closers.push(() => running.kill());
      return running;
    };
    const first = await start('api,slack');
    const [second, ...workers] = await Promise.all([
      start('api,slack', first.issuer),
      start('worker', first.issuer),
      start('worker', first.issuer),
    ]);
    const asBroker = (running: BrokerProcess, worksOnly = false): Broker => ({
      issuer: first.issuer,
      base: running.base,
      slack,
      listening: [],
      localSlackUrl: null,
      worksOnly,
      logged: running.logged,
      close: () => running.kill(),
    });
    const working = workers.map((worker) => asBroker(worker, true));
    return pairOf(closers, world, asBroker(first), asBroker(second), working);
  });
}

async function backdrop(closers: Closer[]): Promise<{ world: World; slack: Awaited<ReturnType<typeof startSlack>> }> {
  const world = await makeWorld(unlimited, POLICIES);
  closers.push(() => world.remove());
  await withoutPace(world);
  const slack = await startSlack();
  closers.push(() => slack.close());
  return { world, slack };
}

async function pairOf(
  closers: Closer[],
  world: World,
  broker: Broker,
  other: Broker,
  workers: readonly Broker[] = [],
): Promise<Omit<Pair, 'close'>> {
  const balancer = await startBalancer([broker.base, other.base]);
  closers.push(() => balancer.close());
  broker.slack.setRequestUrl(`${balancer.url}/slack/events`);
  const people = new Map<string, Promise<Person>>();
  return {
    world,
    broker,
    other,
    everyone: [broker, other, ...workers],
    slack: new SlackDriver(broker),
    caller: (id) => new Caller(world, broker.issuer, id, broker.base),
    there: (id) => new Caller(world, broker.issuer, id, other.base),
    person: (id) => {
      const known = people.get(id) ?? Person.signIn(world, broker, id);
      people.set(id, known);
      return known;
    },
  };
}
