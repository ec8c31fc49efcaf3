import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
}, 60_000);
afterAll(() => stage?.close());

const probe = async (path: string): Promise<{ status: number; text: string; retryAfter: string | null }> => {
  const response = await fetch(stage.broker.issuer + path);
  return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
};

describe('a process whose relay cannot hand anything on', () => {
  it('is not ready while that lasts, says so in a metric, and what waited follows', async () => {
    const { pool } = stage.world.database;
    expect((await probe('/readyz')).status).toBe(200);
    expect((await probe('/metrics')).text).toContain('writ_relay_failing 0');
    // As when the serving role may not use what the queue needs.
    await pool.query('alter function bullmq.add_jobs_bulk_unlocked rename to "gone"');
    let id: string;
    try {
      ({ id } = created(await stage.caller('support-bot').ask(refundAsk()), 202));
      await until('it is not ready', async () => (await probe('/readyz')).status === 503, 10_000);
      expect(await probe('/readyz')).toMatchObject({ retryAfter: '1', text: expect.stringContaining('handed on') });
      expect((await probe('/healthz')).status).toBe(200);
      expect((await probe('/metrics')).text).toContain('writ_relay_failing 1');
      // Deciding needs no queue.
      const { body } = await stage.caller('support-bot').get(`/v1/escalations/${id}`);
      const bob = await stage.person('bob');
      expect((await bob.decide({ id, digest: body.digest as string }, 'approve')).status).toBe(200);
    } finally {
      await pool.query('alter function bullmq."gone" rename to add_jobs_bulk_unlocked');
    }
    await until('it is ready', async () => (await probe('/readyz')).status === 200, 10_000);
    const after = created(await stage.caller('support-bot').ask(refundAsk('after')), 202);
    await stage.slack.card(after.id);
    expect((await probe('/metrics')).text).toContain('writ_relay_failing 0');
  });
});
