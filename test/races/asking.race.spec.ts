import { afterAll, beforeAll, expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { readAsk, refundAsk, type Answer } from '../harness/actors/agent.js';
import { brokenAfterwards } from '../harness/judges/invariants.js';
import { inEveryPlace, type Pair } from '../harness/load/race.js';
import { created } from '../harness/world/stage.js';

inEveryPlace(({ open, race }) => {
  let stage: Pair;

  beforeAll(async () => {
    stage = await open();
  }, 60_000);
  afterAll(async () => {
    expect(await brokenAfterwards(stage.world, stage.everyone)).toEqual([]);
  }, 90_000);
  afterAll(() => stage?.close());

  race('fifty creates at once under one Idempotency-Key make one request', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const askers = [stage.caller('support-bot'), stage.there('support-bot')] as const;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) => (askers[turn % 2] as (typeof askers)[0]).ask(refundAsk('8812'), key)),
    );
    const made = answers.filter((answer) => answer.status === 202);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map((answer) => created(answer, 202).id)).size).toBe(1);
    // Whoever came while another held the key is told to come again, and then gets the same request.
    for (const answer of answers.filter((other) => other.status !== 202))
      expect(answer).toMatchObject({ status: 409, body: { code: 'in_progress' } });
    const again = created(await askers[1].ask(refundAsk('8812'), key), 202);
    expect(again.id).toBe(made[0]?.body.id);
    const { rows } = await stage.world.database.pool.query(
      `select 1 from "escalations" where "created_at" >= (select "created_at" from "escalations" where "id" = $1)`,
      [again.id],
    );
    expect(rows).toHaveLength(1);
  });

  race('forty asks for a token at once under one Idempotency-Key make one token', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const askers = [stage.caller('support-bot'), stage.there('support-bot')] as const;
    const ask = (turn: number): Promise<Answer> => (askers[turn % 2] as (typeof askers)[0]).askHere(readAsk(), key);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, turn) => ask(turn)));
    const given = answers.filter(({ status }) => status === 200);
    expect(given.length).toBeGreaterThan(0);
    expect(new Set(given.map(({ body }) => decodeJwt(body.access_token as string).jti)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answer).toMatchObject({ status: 409, body: { error: 'temporarily_unavailable' } });
    const grants = 'select 1 from "grants" where "created_at" >= (select "created_at" from "grants" where "id" = $1)';
    expect((await stage.world.database.pool.query(grants, [given[0]?.body.grant_id])).rows).toHaveLength(1);
  });

  race('asks for a token beside a suspension leave no live token', async () => {
    const askers = [stage.caller('support-bot'), stage.there('support-bot')] as const;
    const ask = (turn: number): Promise<Answer> => (askers[turn % 2] as (typeof askers)[0]).askHere(readAsk());
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, (_, turn) => ask(turn))),
      stage.caller('ops-cli').post('/v1/agents/support-bot/suspend', { reason: 'A drill.' }),
    ]);
    for (const { status, body } of answers) {
      if (status !== 200) expect([status, body.error]).toEqual([400, 'unauthorized_client']);
      else expect((await stage.caller('payments-api').introspect(body.access_token as string)).body.active).toBe(false);
    }
    await stage.caller('ops-cli').post('/v1/agents/support-bot/resume');
  });
});
