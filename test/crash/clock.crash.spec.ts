import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, refundAsk } from '../harness/actors/agent.js';
import { stillActiveSomewhere } from '../harness/judges/everywhere.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { spawnBroker, type BrokerProcess } from '../harness/brokers/process.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

const HOUR_MS = 3_600_000;
const CLOCK = pathToFileURL(resolve('test/harness/faults/shifted-clock.mjs')).href;

/** A caller whose clock goes wrong as its broker's does: assertions are judged by the process that reads them. */
class Shifted extends Caller {
  constructor(
    private readonly stage: Stage,
    id: string,
    base: string,
    private readonly shiftMs: number,
  ) {
    super(stage.world, stage.broker.issuer, id, base);
  }
  override assertion(claims: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor((Date.now() + this.shiftMs) / 1000);
    return super.assertion({ iat: now, exp: now + 60, ...claims });
  }
  /** The same agent or client elsewhere. */
  as(id: string): Shifted {
    const { base } = this as unknown as { base: string };
    return new Shifted(this.stage, id, base, this.shiftMs);
  }
}

let stage: Stage;
const processes: BrokerProcess[] = [];
/** A verifier at each process: the honest one, an hour ahead, an hour behind. */
let everywhere: Caller[];
const off = new Map<string, Shifted>();

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api,slack,worker' });
  for (const [name, shiftMs] of [
    ['an hour ahead', HOUR_MS],
    ['an hour behind', -HOUR_MS],
  ] as const) {
    const extra = {
      WRIT_ISSUER: stage.broker.issuer,
      NODE_OPTIONS: `--import=${CLOCK}`,
      TEST_CLOCK_SHIFT_MS: String(shiftMs),
    };
    const running = await spawnBroker(stage.world, stage.broker.slack, { roles: 'api', extra });
    processes.push(running);
    off.set(name, new Shifted(stage, 'support-bot', running.base, shiftMs));
  }
  stage.broker.slack.setRequestUrl(`${stage.broker.base}/slack/events`);
  everywhere = [stage.caller('payments-api'), ...[...off.values()].map((caller) => caller.as('payments-api'))];
}, 90_000);
afterAll(async () => {
  expect(await brokenAfterwards(stage.world, [stage.broker])).toEqual([]);
}, 60_000);
afterAll(async () => {
  await Promise.all(processes.map((running) => running.kill()));
  await stage.close();
});

/** Seconds between a moment that the broker told and now, as this test and the database have it. */
const ago = (instant: unknown): number => Math.abs(Date.parse(String(instant)) - Date.now()) / 1000;

interface Held {
  /** When the token says that it ends, epoch seconds. */
  readonly exp: number;
  readonly grant: string;
  readonly token: string;
}

/** Asks and collects at the process whose clock is wrong; bob decides at the honest one. */
async function collect(agent: Caller, more: Record<string, unknown> = {}): Promise<Held> {
  const asked = await agent.ask(refundAsk('8812', more));
  const { id, digest, continuation } = created(asked, 202);
  expect(ago(asked.body.created_at)).toBeLessThan(10);
  const window = (Date.parse(asked.body.expires_at as string) - Date.parse(asked.body.created_at as string)) / 1000;
  expect(window).toBeGreaterThan(60);
  expect(window).toBeLessThanOrEqual(3_600);
  await (await stage.person('bob')).decide({ id, digest }, 'approve');
  const redeemed = await agent.redeem(continuation.deferral_code);
  expect(redeemed.status).toBe(200);
  const token = redeemed.body.access_token as string;
  const [, payload = ''] = token.split('.');
  const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number };
  expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(10);
  expect(exp - iat).toBeLessThanOrEqual(200);
  for (const verifier of everywhere)
    expect((await verifier.introspect(token)).body).toMatchObject({ active: true, exp });
  return { grant: redeemed.body.grant_id as string, token, exp };
}

describe.each(['an hour ahead', 'an hour behind'])('a process whose clock is %s', (name) => {
  const agent = (): Shifted => off.get(name) as Shifted;

  it('takes every time from the database, and a revocation is known everywhere at once', async () => {
    const { grant, token } = await collect(agent());
    await stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' });
    expect(await stillActiveSomewhere(everywhere, token)).toEqual([]);
  });

  it('revokes for everybody else as well', async () => {
    const { grant, token } = await collect(stage.caller('support-bot'));
    await agent().as('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' });
    expect(await stillActiveSomewhere(everywhere, token)).toEqual([]);
  });

  it('knows when a token has run out, and not an hour before or after', async () => {
    const { token, exp } = await collect(agent(), { requested_ttl: 4 });
    await until('its time is over', () => Date.now() / 1000 >= exp + 0.05);
    expect(await stillActiveSomewhere(everywhere, token)).toEqual([]);
  });

  it('hears of a suspension at once, and of the end of it', async () => {
    const { token } = await collect(agent());
    await stage.caller('ops-cli').post('/v1/agents/support-bot/suspend', {});
    expect(await stillActiveSomewhere(everywhere, token)).toEqual([]);
    await agent().as('ops-cli').post('/v1/agents/support-bot/resume', {});
    expect(await stillActiveSomewhere(everywhere, token)).toEqual([]);
    await collect(agent());
  });
});
