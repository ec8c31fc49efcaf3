import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashSecret } from '#identity/agents/client-secret.js';
import { readAsk } from '../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../harness/brokers/broker.js';
import { setStage, type Stage } from '../harness/world/stage.js';

const VERIFIERS = Array.from({ length: 8 }, (_, index) => `verifier-${index}`);
const PROXIED = { WRIT_TRUSTED_PROXIES: '127.0.0.1,::1' };

let stage: Stage;
let hash: string;

beforeAll(async () => {
  hash = await hashSecret('right');
  stage = await setStage(
    (config) => {
      for (const id of [...VERIFIERS, 'kept-api', 'turned-api'])
        config.clients.push({ id, auth: { secret_hash: hash }, roles: ['verifier'] });
    },
    { roles: 'api', extra: PROXIED },
  );
});
afterAll(() => stage.close());

/** Asks about a token as a verifier that proves itself by a secret, from an address of its own. */
async function introspect(broker: Broker, id: string, secret: string, from: string): Promise<Response> {
  const response = await fetch(`${broker.base}/oauth/introspect`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': from,
    },
    body: 'token=none',
  });
  await response.clone().arrayBuffer();
  return response;
}

/** Guesses without a pause from so many addresses at once, until told to stop. */
function flood(width: number, target: (n: number) => { readonly id: string; readonly from: string }) {
  const state = { guesses: 0, on: true, codes: new Set<number>() };
  const guess = async (): Promise<void> => {
    while (state.on) {
      const n = (state.guesses += 1);
      const { id, from } = target(n);
      state.codes.add((await introspect(stage.broker, id, `wrong ${n}`, from)).status);
    }
  };
  const guessers = Array.from({ length: width }, guess);
  return { state, stop: async () => ((state.on = false), await Promise.all(guessers)) };
}

describe('a right secret that nobody has checked yet', () => {
  // Each test has its own verifier: what was checked once is remembered.
  it.each([
    ['at one client from five addresses', 40, (n: number) => ({ id: 'kept-api', from: `192.0.2.${n % 5}` })],
    ['at that very client from five addresses', 40, (n: number) => ({ id: '', from: `192.0.2.${n % 5}` })],
    ['at that very client from fifty addresses', 100, (n: number) => ({ id: '', from: `192.0.2.${n % 50}` })],
    ['at that very client from one address', 40, () => ({ id: '', from: '192.0.2.1' })],
    ['at that very client from one network', 40, (n: number) => ({ id: '', from: `2001:db8::${n.toString(16)}` })],
    ['at all clients', 60, (n: number) => ({ id: VERIFIERS[n % 8] ?? '', from: `192.0.2.${n % 50}` })],
    ['at clients that are not there', 60, (n: number) => ({ id: `nobody-${n}`, from: `192.0.2.${n % 50}` })],
    ['from where it comes too', 40, () => ({ id: 'kept-api', from: '198.51.100.7' })],
  ])('is checked while strangers guess %s', async (_where, width, target) => {
    const own = VERIFIERS.find((id) => !used.has(id)) ?? '';
    used.add(own);
    const strangers = flood(width, (n) => ({ id: own, ...nonEmpty(target(n)) }));
    try {
      while (strangers.state.guesses < width + 8) await new Promise((resolve) => setTimeout(resolve, 25));
      expect((await introspect(stage.broker, own, 'right', '198.51.100.7')).status).toBe(200);
    } finally {
      await strangers.stop();
    }
    expect([...strangers.state.codes].filter((code) => code !== 401 && code !== 503)).toEqual([]);
  });

  it('keeps no agent from asking while strangers guess at the endpoint of tokens', async () => {
    const state = { on: true };
    const guess = async (n: number): Promise<void> => {
      while (state.on)
        await fetch(`${stage.broker.base}/oauth/token`, {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`kept-api:${Math.random()}`).toString('base64')}`,
            'content-type': 'application/x-www-form-urlencoded',
            'x-forwarded-for': `192.0.2.${n}`,
          },
          body: 'grant_type=client_credentials',
        }).then((response) => response.arrayBuffer());
    };
    const strangers = Array.from({ length: 60 }, (_, n) => guess(n));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = performance.now();
    expect((await stage.caller('support-bot').ask(readAsk())).status).toBe(201);
    const took = performance.now() - began;
    state.on = false;
    await Promise.all(strangers);
    expect(took).toBeLessThan(1_500);
  });
});

describe('a secret that was checked once', () => {
  const kept = async (id: string): Promise<{ mark: Buffer; at: Date } | undefined> => {
    const { rows } = await stage.world.database.pool.query<{ mark: Buffer; at: Date }>(
      'select "mark", "verified_at" as "at" from "verified_secrets" where "client_id" = $1',
      [id],
    );
    return rows[0];
  };

  it('is known to a process that begins, and what is kept of it is no hash of it', async () => {
    expect((await introspect(stage.broker, 'kept-api', 'right', '198.51.100.7')).status).toBe(200);
    const first = await kept('kept-api');
    expect(first?.mark).toHaveLength(32);
    const next = await startTestBroker(stage.world, { roles: 'api', extra: PROXIED });
    expect((await introspect(next, 'kept-api', 'right', '198.51.100.7')).status).toBe(200);
    // Whoever checks it anew writes it anew.
    expect(await kept('kept-api')).toEqual(first);
    await next.close();
  });

  it('is nothing that whoever writes rows could put there for a secret of their own', async () => {
    const { pool } = stage.world.database;
    await introspect(stage.broker, 'turned-api', 'right', '198.51.100.7');
    await pool.query(`update "verified_secrets" set "mark" = decode(repeat('00', 32), 'hex')`);
    const next = await startTestBroker(stage.world, { roles: 'api', extra: PROXIED });
    expect((await introspect(next, 'turned-api', 'mine', '198.51.100.7')).status).toBe(401);
    expect((await introspect(next, 'turned-api', 'right', '198.51.100.7')).status).toBe(200);
    await next.close();
  });
});

const used = new Set<string>();

function nonEmpty({ id, from }: { id: string; from: string }): { id?: string; from: string } {
  return id === '' ? { from } : { id, from };
}
