import { afterAll, describe, expect, it } from '@jest/globals';
import { Fleet } from '../harness/brokers/fleet.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { startRedis } from '../harness/world/redis.js';
import { Traffic } from '../harness/load/traffic.js';
import { until } from '../harness/judges/until.js';
import { Features, POLICIES, startSink, withEverything } from './features.js';
import { connectionsOf, filesOf, Gauges } from './gauges.js';

/** Not part of `npm test`: `npm run soak` says for how long. */
const SECONDS = Number(process.env['WRIT_SOAK_SECONDS'] ?? 600);
/** `redis`, or PostgreSQL. */
const JOBS = process.env['WRIT_SOAK_JOBS'];
/** Requests of the traffic a second, beside everything else. */
const STEADY = Number(process.env['WRIT_SOAK_RATE'] ?? 30);
const BURST = 4 * STEADY;
/** Each minute ends with a burst of so many seconds. */
const BURST_SECONDS = 10;
/** Shorter runs are all warm-up: what they hold is told and not judged. */
const JUDGED_FROM_SECONDS = 300;
const TIMEOUT = (SECONDS + 900) * 1_000;
/** Connections that are idle for 30 s are closed. */
const IDLE_MS = 120_000;
/** Streams, a connection or two that a listener keeps: more than that above the start is a leak. */
const FILES_ABOVE_START = 15;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

describe('everything at once', () => {
  const closers: (() => unknown)[] = [];
  afterAll(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  }, TIMEOUT);

  it(
    `for ${SECONDS} seconds leaves no process, connection, file, job or rule behind`,
    async () => {
      const fleet = await openFleet(closers);
      const fell: string[] = [];
      let over = false;
      for (const { name, process } of fleet.members)
        void process.gone.then((code) => over || fell.push(`${name} ended with ${code}`));
      const atStart = filesOf(fleet);
      const traffic = await Traffic.begin(fleet.site, STEADY, 30);
      const features = new Features(fleet);
      const gauges = new Gauges(fleet, 5);
      features.begin();
      const began = Date.now();
      await soak(traffic, began);
      const seconds = (Date.now() - began) / 1_000;
      await gauges.stop();
      const { total } = traffic;
      await Promise.all([traffic.end(), features.end()]);
      const { lines, grown } = gauges.report();
      say(
        `Soak of ${seconds.toFixed(0)} s, jobs in ${JOBS ?? 'PostgreSQL'}: ${total} requests of traffic (${(total / seconds).toFixed(0)}/s), `,
      );
      say(
        `  ${[...traffic.requests].map(([kind, count]) => `${kind} ${count}`).join(', ')}; 503 tried again: ${traffic.cameAgain.length}`,
      );
      say(`  beside it: ${[...features.told].map(([name, count]) => `${name} ${count}`).join(', ')}`);
      say(`Medians of the second and the last quarter:\n  ${lines.join('\n  ')}`);

      expect({
        fell,
        traffic: traffic.failures,
        features: features.failures,
        unanswered: fleet.front.failures,
      }).toEqual({
        fell: [],
        traffic: [],
        features: [],
        unanswered: [],
      });
      expect(SECONDS < JUDGED_FROM_SECONDS ? [] : grown).toEqual([]);
      const files = await until(
        'the processes close what they do not need',
        () => {
          const now = filesOf(fleet);
          return now.every((count, index) => count <= (atStart[index] ?? 0) + FILES_ABOVE_START) && now;
        },
        IDLE_MS,
      );
      say(
        `Files open before, and a while after: ${atStart.join(' ')}, ${files.join(' ')}; connections to PostgreSQL: ${await connectionsOf(fleet)}`,
      );
      expect(await traffic.lost()).toEqual([]);
      expect(await brokenAfterwards(fleet.site.world, fleet.brokers, IDLE_MS)).toEqual([]);
      expect(suspectLines(fleet)).toEqual([]);
      over = true;
      expect(await Promise.all(fleet.members.map(({ process }) => process.stop()))).toEqual(fleet.members.map(() => 0));
    },
    TIMEOUT,
  );
});

async function openFleet(closers: (() => unknown)[]): Promise<Fleet> {
  const sink = await startSink();
  closers.push(() => sink.close());
  const redis = JOBS === 'redis' ? await startRedis() : undefined;
  if (redis !== undefined) closers.push(() => redis.close());
  const fleet = await Fleet.open({
    change: withEverything(`${sink.url}/hook`),
    policies: POLICIES,
    redisUrl: redis?.url,
    program: 'dist/test/soak/broker-that-collects.js',
    extra: { WRIT_LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  });
  closers.push(() => fleet.close());
  return fleet;
}

/** Steady load, with a burst at the end of each minute. */
async function soak(traffic: Traffic, began: number): Promise<void> {
  while (Date.now() - began < SECONDS * 1_000) {
    const second = ((Date.now() - began) / 1_000) % 60;
    traffic.pace.perSecond = second >= 60 - BURST_SECONDS ? BURST : STEADY;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Lines that nobody should have had to write. */
function suspectLines(fleet: Fleet): string[] {
  const suspect =
    /MaxListenersExceeded|a request crashed|dead letter|"level":"(error|fatal)"|UnhandledPromise|Warning:/;
  const logged = fleet.brokers.flatMap((broker) => broker.logged).join('');
  return logged
    .split('\n')
    .filter((line) => suspect.test(line))
    .slice(0, 20);
}
