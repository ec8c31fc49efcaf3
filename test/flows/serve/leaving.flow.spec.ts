import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { setImmediate as roundOfTheLoop } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAdapter } from '../../../apps/broker/src/serve/http-server.js';
import { Leaving } from '../../../apps/broker/src/serve/drain.js';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api' });
});
afterAll(() => stage.close());

describe('a process that is told to end', () => {
  let ended: Promise<void>;
  let served: () => void;
  let poll: ReturnType<typeof longPoll>;

  beforeAll(async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    poll = longPoll(`/v1/escalations/${asked.id}`);
    // A second poll of the same request is refused as long as the first one waits.
    await until('the poll waits', async () => {
      const second = await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`, { prefer: 'wait=0' });
      return second.status === 429;
    });
    ended = stage.broker.close(new Promise<void>((resolve) => (served = resolve)));
  });

  it('says that it is not ready, and lives', async () => {
    const ready = await fetch(`${stage.broker.base}/readyz`);
    expect([ready.status, ready.headers.get('retry-after'), ready.headers.get('connection')]).toEqual([
      503,
      '1',
      'close',
    ]);
    expect((await fetch(`${stage.broker.base}/healthz`)).status).toBe(200);
  });

  it('serves whoever comes meanwhile, each on a connection that then ends', async () => {
    const asked = await stage.caller('support-bot').ask(readAsk());
    expect([asked.status, asked.headers.get('connection')]).toEqual([201, 'close']);
    const collected = await stage.caller('support-bot').redeem(asked.body.continuation.deferral_code as string);
    expect([collected.status, collected.headers.get('connection')]).toEqual([200, 'close']);
  });

  it('answers long polls before their time once it closes, and does not wait for them', async () => {
    served();
    expect(await poll).toEqual({ status: 200, connection: 'close' });
    // The poll had seconds to go, and the process does not wait for them.
    await ended;
    await expect(fetch(`${stage.broker.base}/healthz`)).rejects.toThrow();
  });
});

it('waits for what is under way for as long as its caller says, not as long as Fastify does', async () => {
  const server = createAdapter([]).getInstance();
  const leaving = new Leaving();
  leaving.watch(server);
  let called = false;
  let finish = (): void => undefined;
  const work = new Promise<void>((resolve) => (finish = resolve));
  server.post('/', async () => {
    called = true;
    await work;
    return {};
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const answer = fetch(`http://127.0.0.1:${port}/`, { method: 'POST' });
  await until('it is called', () => called);
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    leaving.begin();
    const closed = server.close().then(
      () => 'closed',
      (error: unknown) => String(error),
    );
    for (let round = 0; round < 100; round += 1) {
      mock.timers.tick(1_000);
      await roundOfTheLoop();
    }
    finish();
    expect((await answer).status).toBe(200);
    expect(await closed).toBe('closed');
  } finally {
    mock.timers.reset();
  }
});

/** A poll for as long as one may wait, on a connection that would be kept. */
async function longPoll(path: string): Promise<{ status: number | undefined; connection: string | undefined }> {
  const authorization = `Bearer ${await stage.caller('support-bot').assertion()}`;
  return new Promise((resolve, reject) => {
    const headers = { authorization, prefer: 'wait=20', connection: 'keep-alive' };
    get(`${stage.broker.base}${path}`, { headers }, (answer) => {
      const { statusCode: status, headers: told } = answer;
      answer.resume().on('end', () => resolve({ status, connection: told.connection }));
    }).on('error', reject);
  });
}
