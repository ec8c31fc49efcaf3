import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAsk, refundAsk } from '../harness/agent.js';
import { created, setStage, type Stage } from '../harness/stage.js';
import { until } from '../harness/until.js';

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
