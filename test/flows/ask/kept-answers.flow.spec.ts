import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(undefined, { roles: 'api' });
});
afterAll(() => stage.close());

const brokenSeals = async (): Promise<{ kind: string; row: string }[]> =>
  (await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.broken')).body.items.map(
    ({ data }: { data: object }) => data,
  );

describe('an answer that somebody wrote beside an Idempotency-Key', () => {
  const KEY = { 'idempotency-key': 'k' };

  it('is answered to nobody: the ask is made', async () => {
    const agent = stage.caller('support-bot');
    const first = created(await agent.ask(refundAsk('1'), { 'idempotency-key': 'true' }), 202);
    const again = await agent.ask(refundAsk('1'), { 'idempotency-key': 'true' });
    expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([first.id, 'true']);
    await stage.world.database.pool.query(
      `insert into "idempotency_keys" ("caller", "route", "key", "body_hash", "status", "response", "escalation_id")
       select "caller", "route", 'k', "body_hash", 201, "response" || '{"status": "approved"}', "escalation_id"
       from "idempotency_keys" where "key" = 'true'`,
    );
    const asked = await agent.ask(refundAsk('1'), KEY);
    expect([asked.status, asked.body.status, asked.headers.get('idempotency-replayed')]).toEqual([
      202,
      'pending',
      null,
    ]);
    expect(asked.body.id).not.toBe(first.id);
    const replayed = await agent.ask(refundAsk('1'), KEY);
    expect([replayed.body.id, replayed.headers.get('idempotency-replayed')]).toEqual([asked.body.id, 'true']);
    await until('it is told', async () => (await brokenSeals()).some(({ kind }) => kind === 'answer'));
    expect((await brokenSeals()).filter(({ kind }) => kind === 'answer')).toHaveLength(1);
  });

  it('nor is a true one that was changed, or moved to another key or agent', async () => {
    const agent = stage.caller('support-bot');
    const first = created(await agent.ask(refundAsk('2'), { 'idempotency-key': 'moved' }), 202);
    await asSuperuser(
      stage.world,
      `update "idempotency_keys" set "response" = "response" || '{"status": "approved"}' where "key" = 'moved'`,
      [],
    );
    const second = await agent.ask(refundAsk('2'), { 'idempotency-key': 'moved' });
    expect([second.status, second.body.status]).toEqual([202, 'pending']);
    expect(second.body.id).not.toBe(first.id);
    await asSuperuser(stage.world, `update "idempotency_keys" set "caller" = 'rival-bot' where "key" = 'moved'`, []);
    const foreign = await stage.caller('rival-bot').ask(refundAsk('2'), { 'idempotency-key': 'moved' });
    expect(foreign.status).toBe(202);
    expect(foreign.body.id).not.toBe(second.body.id);
    expect((await stage.caller('rival-bot').get(`/v1/escalations/${foreign.body.id}`)).status).toBe(200);
  });
});
