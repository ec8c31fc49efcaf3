import { afterAll, beforeAll, expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { refundAsk } from '../harness/actors/agent.js';
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
});
