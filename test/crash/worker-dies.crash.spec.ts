import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocalSlack } from '../../packages/local-slack/src/server.js';
import { Caller, refundAsk } from '../harness/actors/agent.js';
import { freePort, startSlack } from '../harness/brokers/broker.js';
import { brokenInvariants } from '../harness/judges/invariants.js';
import { SlackDriver } from '../harness/actors/person.js';
import { spawnBroker, type BrokerProcess } from '../harness/brokers/process.js';
import { created } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import { makeWorld, type World } from '../harness/world/world.js';

let world: World;
let slack: LocalSlack;
let driver: SlackDriver;
let api: BrokerProcess;
let agent: Caller;
const workers: BrokerProcess[] = [];

beforeAll(async () => {
  world = await makeWorld();
  slack = await startSlack();
  driver = new SlackDriver({ slack });
  const port = await freePort();
  slack.setRequestUrl(`http://127.0.0.1:${port}/slack/events`);
  api = await spawnBroker(world, slack, { roles: 'api,slack', port });
  agent = new Caller(world, api.issuer, 'support-bot');
});
afterAll(async () => {
  await Promise.all([api, ...workers].map((running) => running.kill()));
  await slack.close();
  await world.remove();
});

/** `count` processes that only work: they hand over the outbox and speak with Slack. Those that run already count. */
async function workersRunning(count: number): Promise<BrokerProcess> {
  const start = async (): Promise<void> => {
    // On record as soon as it runs, so that it is ended even when its sibling does not start.
    workers.push(await spawnBroker(world, slack, { roles: 'worker', extra: { WRIT_ISSUER: api.issuer } }));
  };
  const started = await Promise.allSettled(Array.from({ length: count - workers.length }, start));
  for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;
  return workers[0] as BrokerProcess;
}

async function killFirst(): Promise<void> {
  await workers.shift()?.kill();
}

const ask = async (order: string): Promise<string> => created(await agent.ask(refundAsk(order)), 202).id;

const undelivered = async (): Promise<number> => {
  const { rows } = await world.database.pool.query<{ left: number }>(
    `select count(*)::int as "left" from "outbox" where "dispatched_at" is null and ("not_before" is null or "not_before" < clock_timestamp())`,
  );
  return rows[0]?.left ?? 0;
};

/** How often Slack was asked to post a card of this request, whatever became of the answer. */
async function posts(id: string): Promise<number> {
  const { calls } = (await driver.call('journal')) as { calls: { method: string }[] };
  return calls.filter((call) => call.method === 'chat.postMessage' && JSON.stringify(call).includes(id)).length;
}

/** Waits until nothing is left to deliver and the queue has nothing under way, then counts. */
async function oneCard(id: string): Promise<void> {
  await driver.card(id);
  // A worker that died may have held rows: others get them when its lease has run out, after 20 s.
  await until('all is handed over', async () => (await undelivered()) === 0, 40_000);
  await until('the card is on record', async () => {
    const { rows } = await world.database.pool.query(
      'select 1 from "slack_cards" where "escalation_id" = $1 and "ts" is not null',
      [id],
    );
    return rows.length === 1;
  });
  expect(await driver.cardsOf(id)).toHaveLength(1);
  expect(await posts(id)).toBe(1);
}

describe('a request made while no worker runs', () => {
  it('waits in the outbox and has its one card when a worker comes', async () => {
    const id = await ask('1');
    expect(await undelivered()).toBeGreaterThan(0);
    expect(await driver.cardsOf(id)).toEqual([]);
    await workersRunning(1);
    await oneCard(id);
  });
});

describe('a worker that is killed', () => {
  it('between the commit and the hand-over loses nothing and doubles nothing', async () => {
    (await workersRunning(1)).freeze();
    const ids = await Promise.all(['3', '4', '5'].map(ask));
    await killFirst();
    for (const id of ids) expect(await driver.cardsOf(id)).toEqual([]);
    await workersRunning(2);
    for (const id of ids) await oneCard(id);
  });

  it('leaves the work to the one that still runs', async () => {
    await workersRunning(2);
    await killFirst();
    await oneCard(await ask('7'));
  });
});

describe('a job that comes twice', () => {
  it('posts one card, by however many workers', async () => {
    await workersRunning(2);
    const id = await ask('8');
    await world.database.pool.query(
      `insert into "outbox" ("topic", "payload") select 'card.publish', jsonb_build_object('id', $1::text) from generate_series(1, 10)`,
      [id],
    );
    await oneCard(id);
  });
});

describe('a process that serves', () => {
  it('is killed without losing what it answered, and another serves on', async () => {
    await workersRunning(1);
    const id = await ask('9');
    const card = await driver.card(id);
    const { port } = new URL(api.issuer);
    await api.kill();
    api = await spawnBroker(world, slack, { roles: 'api,slack', port: Number(port) });
    expect(await driver.click('U0002', card.ts, 'writ_approve')).toMatchObject({ ok: true });
    expect((await agent.get(`/v1/escalations/${id}`)).body).toMatchObject({
      status: 'approved',
      grant: { status: 'ready' },
    });
    expect(await brokenInvariants(world)).toEqual([]);
  });

  it('ends cleanly when it is told to', async () => {
    await workersRunning(1);
    expect(await workers.pop()?.stop()).toBe(0);
  });
});
