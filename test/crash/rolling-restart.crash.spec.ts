import { afterAll, describe, expect, it } from '@jest/globals';
import { Fleet } from '../harness/brokers/fleet.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { REDIS_IS_HERE, startRedis } from '../harness/world/redis.js';
import { Traffic } from '../harness/load/traffic.js';

const GIVEN_SECONDS = process.env['WRIT_ROLL_SECONDS'];
/** How long processes are restarted one after the other; a round that began is finished. */
const SECONDS = Number(GIVEN_SECONDS ?? 10);
const PER_SECOND = 50;
/** Rounds, and what follows them. */
const TIMEOUT = (SECONDS + 240) * 1_000;

/** Restarts each process in its turn, again and again. @returns how each of them ended */
async function roll(fleet: Fleet): Promise<(number | null)[]> {
  const codes: (number | null)[] = [];
  const until = Date.now() + SECONDS * 1_000;
  do {
    for (const member of fleet.members) codes.push(await fleet.restart(member));
  } while (Date.now() < until);
  return codes;
}

function rolling(jobs: 'PostgreSQL' | 'Redis'): void {
  const closers: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  }, TIMEOUT);

  it(
    `fails no request and loses no decision, at ${PER_SECOND} requests a second`,
    async () => {
      const redis = jobs === 'Redis' ? await startRedis() : undefined;
      if (redis !== undefined) closers.push(() => redis.close());
      const fleet = await Fleet.open({ redisUrl: redis?.url, extra: { WRIT_DRAIN_SECONDS: '3' } });
      closers.push(() => fleet.close());
      const traffic = await Traffic.begin(fleet.site, PER_SECOND);
      const began = Date.now();
      const { codes, seconds, total } = await roll(fleet)
        .then((ended) => ({ codes: ended, seconds: (Date.now() - began) / 1_000, total: traffic.total }))
        .finally(() => traffic.end());
      expect({ codes, failures: traffic.failures, unanswered: fleet.front.failures }).toEqual({
        codes: codes.map(() => 0),
        failures: [],
        unanswered: [],
      });
      expect(await traffic.lost()).toEqual([]);
      expect(await brokenAfterwards(fleet.site.world, fleet.brokers, 60_000)).toEqual([]);
      const ways = Object.entries(traffic.decided).map(([way, count]) => `${count} ${way}`);
      process.stderr.write(
        `Rolling restart, jobs in ${jobs}: ${codes.length} restarts in ${seconds.toFixed(0)} s, ` +
          `${(total / seconds).toFixed(0)} requests/s, ${traffic.cameAgain.length} tried again after 503, ` +
          `${fleet.front.turned()} turned to another process, decided ${ways.join(' and ')}.\n`,
      );
      // Whatever this machine was busy with, there was traffic of every kind in every restart.
      expect([...traffic.requests.values()].every((count) => count >= codes.length)).toBe(true);
    },
    TIMEOUT,
  );
}

describe('a rolling restart of every process, with jobs in PostgreSQL', () => rolling('PostgreSQL'));
// The short form restarts the same processes once; what the queue is made of matters to the worker alone.
const onRedis = REDIS_IS_HERE && GIVEN_SECONDS !== undefined ? describe : describe.skip;
onRedis('a rolling restart of every process, with jobs in Redis', () => rolling('Redis'));
