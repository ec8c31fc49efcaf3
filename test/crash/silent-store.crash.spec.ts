import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, readAsk, refundAsk, type Answer } from '../harness/actors/agent.js';
import { setFarStage, type FarStage } from '../harness/brokers/far-broker.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { startFaultProxy, type FaultProxy } from '../harness/faults/fault-proxy.js';
import { withoutPace } from '../harness/world/pace.js';
import { SlackDriver } from '../harness/actors/person.js';
import { collectedRefund, created, type Collected } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';
import { makeWorld, type World } from '../harness/world/world.js';

/** What callers are promised, and a little for a machine that does other things too. */
const ANSWERED_MS = 5_500;
const WELL_AGAIN_MS = 5_000;

let setting: FarStage;
let held: Collected;
let open: { id: string; digest: string; continuation: { deferral_code: string } };
let turns = 0;

beforeAll(async () => {
  setting = await setFarStage((config) =>
    Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 }),
  );
  held = await collectedRefund(setting.stage, { max_uses: 100 });
  open = created(await setting.stage.caller('rival-bot').ask(refundAsk('open')), 202);
}, 60_000);
afterEach(() => setting.proxy.admit());
afterAll(async () => {
  expect(await brokenAfterwards(setting.stage.world, [setting.stage.broker, setting.far], 60_000)).toEqual([]);
}, 90_000);
afterAll(() => setting?.close());

const at = (id: string): Caller => new Caller(setting.stage.world, setting.stage.broker.issuer, id, setting.far.base);
const plain = async (path: string): Promise<Answer> => {
  const response = await fetch(setting.far.base + path);
  return { status: response.status, body: await response.text(), headers: response.headers };
};

/** One of everything that asks the store something. */
const CALLS: readonly (readonly [string, () => Promise<Answer>])[] = [
  ['an ask', () => at('support-bot').ask(refundAsk(`silent-${(turns += 1)}`))],
  ['an ask that policy allows', () => at('support-bot').ask(readAsk(`silent-${(turns += 1)}`))],
  ['a look at a request', () => at('rival-bot').get(`/v1/escalations/${open.id}`)],
  ['a collection', () => at('rival-bot').redeem(open.continuation.deferral_code)],
  ['an introspection', () => at('payments-api').introspect(held.token)],
  [
    'a use',
    () =>
      at('payments-api').post('/v1/tokens/consume', {
        token: held.token,
        action: 'refund.create',
        identifier: 'order/8812',
        arguments: { order: '8812', amount: 4000 },
        call_id: `silent-${(turns += 1)}`,
      }),
  ],
  ['a heartbeat', () => at('support-bot').post(`/v1/grants/${held.grant}/heartbeat`)],
  ['a renewal', () => at('support-bot').renew(held.token)],
  ['a revocation of a token', () => at('support-bot').form('/oauth/revoke', { token: 'unknown' })],
  ['a vote', () => setting.bob.at(setting.far).decide(open, 'approve', { digest: 'a'.repeat(64) })],
  ['a session', () => setting.bob.at(setting.far).send('GET', '/v1/sessions/current')],
  ['the inbox', () => setting.bob.at(setting.far).send('GET', '/v1/inbox')],
  ['the history', () => at('auditor-tool').get('/v1/audit/events')],
  ['the feed of revocations', () => at('payments-api').get('/v1/revocations')],
];

async function timed(call: () => Promise<Answer>): Promise<Answer & { took: number }> {
  const from = performance.now();
  const given = await call();
  return { ...given, took: performance.now() - from };
}

/** It is not there now, in the words of the surface, and said in time. */
function refusedInTime({ status, headers, body, took }: Answer & { took: number }): boolean {
  const said = (body as { error?: string; type?: string } | null) ?? {};
  const worded = said.error === 'temporarily_unavailable' || said.type === 'urn:writ:problem:unavailable';
  return status === 503 && Number(headers.get('retry-after')) >= 1 && worded && took < ANSWERED_MS;
}

/** Every connection of the pool has been used: each would have to be found out on its own. */
async function fillThePool(): Promise<void> {
  await Promise.all(Array.from({ length: 40 }, () => at('payments-api').introspect(held.token)));
}

async function wellWithin(ms: number): Promise<void> {
  const from = performance.now();
  await until('it serves', async () => (await at('payments-api').introspect(held.token)).status === 200, ms);
  await until('it is ready', async () => (await plain('/readyz')).status === 200, ms);
  const answers = await Promise.all(Array.from({ length: 24 }, () => at('payments-api').introspect(held.token)));
  expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(200));
  expect((await at('support-bot').ask(refundAsk(`well-${(turns += 1)}`))).status).toBe(202);
  expect(performance.now() - from).toBeLessThan(ms);
}

describe('while the database says nothing', () => {
  it('whoever calls is told in time to come again, however many they are, and it is well again in seconds', async () => {
    await fillThePool();
    setting.proxy.swallow('all');
    const asks = Array.from({ length: 48 }, () => CALLS[0] ?? CALLS[0]);
    const given = await Promise.all(
      [...CALLS, ...(asks as typeof CALLS)].map(async ([what, call]) => ({ what, ...(await timed(call)) })),
    );
    expect(
      given.filter((one) => !refusedInTime(one)).map(({ what, status, body, took }) => ({ what, status, body, took })),
    ).toEqual([]);
    expect((await plain('/readyz')).status).toBe(503);
    expect((await plain('/healthz')).status).toBe(200);
    // And those who come later.
    const later = await Promise.all(CALLS.map(async ([what, call]) => ({ what, ...(await timed(call)) })));
    expect(
      later.filter((one) => !refusedInTime(one)).map(({ what, status, took }) => ({ what, status, took })),
    ).toEqual([]);
    setting.proxy.admit();
    await wellWithin(WELL_AGAIN_MS);
  }, 60_000);

  it('a long poll under way ends', async () => {
    const polling = timed(() => at('rival-bot').get(`/v1/escalations/${open.id}`, { prefer: 'wait=20' }));
    await until('it hangs on', async () => (await plain('/readyz')).status === 200);
    setting.proxy.swallow('all');
    const given = await polling;
    expect(given).toMatchObject({ status: 503 });
    expect(given.took).toBeLessThan(ANSWERED_MS + 1_000);
    setting.proxy.admit();
    await wellWithin(WELL_AGAIN_MS);
  }, 60_000);

  it('on the connections that stand alone, it is well in seconds, and nobody meets one of them again', async () => {
    await fillThePool();
    setting.proxy.swallow('standing');
    const given = await Promise.all(CALLS.map(async ([what, call]) => ({ what, ...(await timed(call)) })));
    expect(given.filter(({ took }) => took >= ANSWERED_MS).map(({ what, took }) => ({ what, took }))).toEqual([]);
    expect(given.filter(({ status }) => status >= 500 && status !== 503).map(({ what }) => what)).toEqual([]);
    await wellWithin(WELL_AGAIN_MS);
  }, 60_000);

  it('in the log that is one line, without a stack', () => {
    const lines = setting.far.logged.filter((line) => line.includes('the store cannot serve'));
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(2);
    expect(lines.join()).not.toMatch(/\n?\s+at /);
    expect(setting.far.logged.filter((line) => line.includes('a request crashed'))).toEqual([]);
  });
});

describe('a process with everything, its queue in PostgreSQL too', () => {
  let world: World;
  let proxy: FaultProxy;
  let broker: Broker;
  let slack: SlackDriver;

  beforeAll(async () => {
    world = await makeWorld();
    await withoutPace(world);
    proxy = await startFaultProxy(world.database.url);
    broker = await startTestBroker(world, { extra: { DATABASE_URL: proxy.url } });
    slack = new SlackDriver(broker);
  }, 60_000);
  afterAll(async () => {
    await broker?.close();
    await proxy?.close();
    await world?.remove();
  });

  const backends = async (): Promise<number[]> => {
    const { rows } = await world.database.pool.query<{ pid: number }>(
      `select "pid" from "pg_stat_activity" where "datname" = current_database() and "pid" <> pg_backend_pid()
       and "application_name" <> ''`,
    );
    return rows.map(({ pid }) => pid);
  };
  const asked = async (order: string): Promise<string> => {
    const agent = new Caller(world, broker.issuer, 'support-bot');
    const ask = (): Promise<Answer> => agent.ask(refundAsk(order), { 'idempotency-key': order });
    await until('it serves', async () => (await ask()).status === 202, WELL_AGAIN_MS);
    return created(await ask(), 202).id;
  };

  /** A row that a relay had claimed waits out its lease. */
  const posted = (id: string): Promise<boolean> =>
    until(`the card of ${id}`, async () => (await slack.cardsOf(id)).length > 0, 60_000);

  it('posts its cards again after its connections fell silent', async () => {
    await posted(await asked('before'));
    proxy.swallow('standing');
    await posted(await asked('swallowed'));
  }, 90_000);

  it('serves on when the processes of the server that it spoke to are stopped, and posts when what they hold is free', async () => {
    const stopped = await backends();
    expect(stopped.length).toBeGreaterThan(3);
    stopped.forEach((pid) => process.kill(pid, 'SIGSTOP'));
    let id: string;
    try {
      id = await asked('stopped');
    } finally {
      stopped.forEach((pid) => process.kill(pid, 'SIGCONT'));
    }
    await posted(id);
    await posted(await asked('after'));
  }, 150_000);
});
