import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { PolicyEngine } from '#policy/engine.js';
import { readAsk, refundAsk, type Caller, READ_HERE, refusedWith } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { rowsOfAsks } from '../../harness/world/rows-of-asks.js';
import { created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const agent = (): Caller => stage.caller('support-bot');
const DEFERRED_TOO = { ...refundAsk(), completion_mode: 'deferred' };
const rows = (): Promise<number[]> => rowsOfAsks(stage.world);
const eventsOf = async (type: string): Promise<{ data: Record<string, unknown> }[]> =>
  (await stage.caller('auditor-tool').get(`/v1/audit/events?type=${type}&limit=200`)).body.items;

describe('an ask at the token endpoint that policy allows', () => {
  it('is answered with the token, in one request', async () => {
    const given = await agent().askHere({ ...READ_HERE, max_uses: 2, requested_ttl: 120 });
    expect(given).toMatchObject({
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: 120,
        scope: 'payment.read',
        authorization_details: READ_HERE.authorization_details,
        grant_id: expect.stringMatching(/^grt_/),
        escalation_id: expect.stringMatching(/^esc_/),
      },
    });
    expect(given.headers.get('cache-control')).toBe('no-store');
    const { escalation_id, grant_id, access_token } = given.body;
    expect(decodeJwt(access_token)).toMatchObject({
      txn: escalation_id,
      grant_id,
      max_uses: 2,
      client_id: 'support-bot',
    });
    expect((await stage.caller('payments-api').introspect(access_token)).body).toMatchObject({ active: true });
    expect((await agent().get(`/v1/escalations/${escalation_id}`)).body).toMatchObject({
      status: 'approved',
      task: { id: escalation_id },
      grant: { id: grant_id, status: 'active' },
    });
    const done = await agent().post(`/v1/grants/${grant_id}/complete`, { outcome: 'succeeded' });
    expect(done.body.status).toBe('completed');
  });

  it('leaves the rows and the history of an ask over REST that was collected, but for ids, times and its origin', async () => {
    const asked = created(await agent().ask(readAsk('run-1')), 201);
    const redeemed = await agent().redeem(asked.continuation.deferral_code);
    const here = await agent().askHere({ ...readAsk('run-1') });
    const [there, also] = await Promise.all(
      [redeemed, here].map(({ body }) => storyOf(stage, body.grant_id as string)),
    );
    const lines = (story: typeof there) =>
      (story?.events ?? []).map(({ type, actor, data }) => ({ type, actor, data: alike(data) }));
    expect(lines(also)).toEqual(
      lines(there).map((line) =>
        line.type === 'escalation.requested' ? { ...line, data: { ...(line.data as object), origin: 'oauth' } } : line,
      ),
    );
    for (const table of ['escalations', 'grants', 'tokens'])
      expect(await rowOf(table, here.body.grant_id)).toEqual(await rowOf(table, redeemed.body.grant_id));
  });

  it('proves itself once, is judged once, and is written in one transaction', async () => {
    const { decide } = PolicyEngine.prototype;
    const decisions: unknown[] = [];
    const used = async (): Promise<number> =>
      (await stage.world.database.pool.query('select 1 from "assertion_uses" where "subject" = $1', ['support-bot']))
        .rowCount ?? 0;
    const before = await used();
    PolicyEngine.prototype.decide = function (question) {
      decisions.push(question);
      return decide.call(this, question);
    };
    const given = await agent()
      .askHere(READ_HERE)
      .finally(() => {
        PolicyEngine.prototype.decide = decide;
      });
    expect([given.status, decisions.length, await used()]).toEqual([200, 1, before + 1]);
    const { rows: written } = await stage.world.database.pool.query(
      `select distinct x from (select xmin::text as x from "escalations" where "id" = $1
         union all select xmin::text from "grants" where "escalation_id" = $1
         union all select t.xmin::text from "tokens" t join "grants" g on g."id" = t."grant_id" where g."escalation_id" = $1) as written`,
      [given.body.escalation_id],
    );
    expect(written).toHaveLength(1);
  });

  it('may say all that an ask says', async () => {
    const evidence = [{ title: 'Ticket', url: 'https://tickets.example/1' }];
    const task = { id: 'run-9', description: 'Annotate p1', ticket: 'OPS-9' };
    const authorization_details = [{ type: 'tool_call', actions: ['payment.annotate'], arguments: { payment: 'p1' } }];
    const said = {
      ...READ_HERE,
      authorization_details,
      requested_ttl: 60,
      max_uses: 1,
      task,
      evidence,
      justification: 'ünverified',
      break_glass: false,
    };
    const { escalation_id } = (await agent().askHere(said)).body;
    const { rows: found } = await stage.world.database.pool.query(
      'select "request", "granted" from "escalations" where "id" = $1',
      [escalation_id],
    );
    const request = { task, evidence, justification: 'ünverified', break_glass: false, chain: [] };
    expect(found).toMatchObject([{ request, granted: { ttl: 60, max_uses: 1 } }]);
  });
});

describe('an ask at the token endpoint that people decide', () => {
  it('is pending with a deferral code, has its card, and is redeemed when they have', async () => {
    const asked = await agent().askHere({ ...DEFERRED_TOO, completion_mode: 'other deferred' });
    expect(asked).toMatchObject(
      refusedWith('authorization_pending', {
        deferral_code: expect.any(String),
        expires_in: 900,
        interval: 2,
        escalation_id: expect.stringMatching(/^esc_/),
      }),
    );
    expect(asked.headers.get('www-authenticate')).toBeNull();
    const { escalation_id: id, deferral_code } = asked.body;
    await stage.slack.card(id as string);
    const { digest } = (await agent().get(`/v1/escalations/${id}`)).body;
    expect((await agent().redeem(deferral_code as string)).body.error).toBe('authorization_pending');
    await (await stage.person('bob')).decide({ id, digest }, 'approve');
    expect(await agent().redeem(deferral_code as string)).toMatchObject({
      status: 200,
      body: { scope: 'refund.create' },
    });
  });

  it('is refused where the agent does not come again, and kept nowhere but in the log of what was asked', async () => {
    const [before, evaluations] = [await rows(), (await eventsOf('escalation.evaluated')).length];
    for (const how of [{}, { completion_mode: 'polling' }]) {
      const asked = await agent().askHere({ ...refundAsk('8812'), ...how }, { 'idempotency-key': 'not-kept' });
      expect(asked).toMatchObject(refusedWith('invalid_authorization_details'));
      expect(asked.body.error_description).toMatch(/completion_mode=deferred/);
    }
    expect(await rows()).toEqual(before);
    const logged = await eventsOf('escalation.evaluated');
    expect(logged).toHaveLength(evaluations + 2);
    expect(logged.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({
        resource: READ_HERE.resource,
        actions: ['refund.create'],
        outcome: 'require_approval',
        determining: ['refunds'],
      }),
    );
  });
});

/** Data of an event without ids and times. */
function alike(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data ?? null)
      .replaceAll(/"(sha256:[0-9a-f]+|(esc|grt|tok)_\w+|\d{4}-[^"]*Z)"/g, '"…"')
      // Facts that the first of two asks has changed for the second.
      .replaceAll(/"(exp|payment\.read|open_grants)":\d+/g, '"$1":0'),
  );
}

/** One row of a grant's line of tables, without ids, times and what follows from them. */
async function rowOf(table: string, grant: unknown): Promise<unknown> {
  const of = { escalations: 'select "escalation_id" from "grants" where "id" = $1', grants: '$1', tokens: '$1' }[table];
  const key = table === 'tokens' ? 'grant_id' : 'id';
  const { rows: found } = await stage.world.database.pool.query<Record<string, unknown>>(
    `select * from "${table}" where "${key}" in (${of})`,
    [grant],
  );
  expect(found).toHaveLength(1);
  const apart = /^(id|jti|grant_id|escalation_id|.*mac|.*hash|digest|grant_digest|ask_order|claims)$/;
  return alike(Object.fromEntries(Object.entries(found[0] ?? {}).filter(([name]) => !apart.test(name))));
}
