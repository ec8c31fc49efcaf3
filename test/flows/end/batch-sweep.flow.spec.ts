import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloseOverdue } from '#escalations/end/close-overdue.js';
import { cloneGrants, withFleet } from '../../bench/seed.js';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { under } from '../../harness/world/handing-on.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { ageEscalation, ageReadyGrant, asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

type Told = Record<string, unknown>;

let stage: Stage;
let closing: CloseOverdue;

beforeAll(async () => {
  // No worker: what is over stays unwritten until this file writes it.
  stage = await setStage(withFleet, { roles: 'api' });
  const { pool } = stage.world.database;
  closing = useCasesOf(stage.world, pool).closeOverdue;
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const rowsOf = async (text: string, values: unknown[]): Promise<Told[]> =>
  (await stage.world.database.pool.query<Told>(text, values)).rows;

/** What was written of a request and its grant since `seq`, without ids and instants. */
async function writtenOf(escalation: string, since: string): Promise<Told> {
  const events = await rowsOf(
    `select e."type", e."actor_kind", e."actor_id", e."agent_id", e."escalation_id" = $1 as "ours", e."grant_id" is not null as "granted",
       e."data" - 'deadline' as "data", e."mac" is not null as "sealed"
     from "events" e where e."escalation_id" = $1 and e."seq" > $2 order by e."seq"`,
    [escalation, since],
  );
  const jobs = await rowsOf(
    `select "topic", "not_before" from "outbox" where "payload" ->> 'id' = $1 and "created_at" > (select max("at") - interval '1 minute' from "events")
       and "seq" > coalesce((select max("seq") from "outbox" where "payload" ->> 'mark' = $2), 0) order by "topic"`,
    [escalation, since],
  );
  const rows = await rowsOf(
    `select e."status", e."last_change", e."version", e."decided_at" = e."deadline" as "at_deadline", g."status" as "grant_status", g."end_reason",
       g."last_change" as "grant_change", g."ended_at" = g."deadline" as "grant_at_deadline", g."outcome",
       (select count(*)::int from "tokens" t where t."grant_id" = g."id" and t."ended_at" is null) as "live_tokens"
     from "escalations" e left join "grants" g on g."escalation_id" = e."id" where e."id" = $1`,
    [escalation],
  );
  return { events, jobs, rows };
}

/** Marks now in both logs; answers the mark. */
async function mark(): Promise<string> {
  const [row] = await rowsOf(`select max("seq")::text as "seq" from "events"`, []);
  const seq = String(row?.['seq']);
  await rowsOf(
    `insert into "outbox" ("topic", "payload", "dispatched_at") values ('test.mark', jsonb_build_object('mark', $1::text), now())`,
    [seq],
  );
  return seq;
}

/**
 * Copies have no history of their own, which the invariants would miss. What was told of them stays: an event that is
 * missed is a restore, and the broker would declare it.
 */
const FORGET_CLONES = `
  with g as (delete from "grants" where "id" = any($1) returning "escalation_id"),
    e as (delete from "escalations" using g where "id" = g."escalation_id"),
    t as (delete from "tokens" where "grant_id" = any($1))
  select 1`;

interface Over {
  readonly id: string;
  end(): Promise<boolean>;
}

const KINDS: readonly [string, () => Promise<Over>][] = [
  [
    'a request that nobody decided',
    async () => {
      const { id } = created(await stage.caller('support-bot').ask(refundAsk()), 202);
      await ageEscalation(stage.world, id, 24 * 3_600);
      return { id, end: () => closing.escalation(id) };
    },
  ],
  [
    'a grant that nobody collected',
    async () => {
      const { id, grant } = await approvedRefund(stage);
      await ageReadyGrant(stage.world, grant, 24 * 3_600);
      return { id, end: () => closing.grant(grant) };
    },
  ],
  [
    'a grant whose time is over',
    async () => {
      const { id, grant } = await collectedRefund(stage, { requested_ttl: 1 });
      const over = `select 1 from "grants" where "id" = $1 and "deadline" <= clock_timestamp()`;
      await until('its time is over', async () => (await rowsOf(over, [grant])).length === 1);
      return { id, end: () => closing.grant(grant) };
    },
  ],
];

describe('a batch of the sweeper', () => {
  it.each(KINDS)('writes of %s what a job for it alone would write', async (_kind, over) => {
    const [alone, first, second] = [await over(), await over(), await over()];
    const since = await mark();
    expect(await alone.end()).toBe(true);
    expect(await closing.sweep(1_000)).toMatchObject({ ended: 2, failures: [] });
    const expected = await writtenOf(alone.id, since);
    expect(expected).toMatchObject({
      events: [{ sealed: true }],
      rows: [{ live_tokens: expect.anything() }],
    });
    expect(await writtenOf(first.id, since)).toEqual(expected);
    expect(await writtenOf(second.id, since)).toEqual(expected);
    expect(await first.end()).toBe(false);
    expect(await closing.sweep(1_000)).toMatchObject({ ended: 0, failures: [] });
  });

  it('ends in transactions side by side what is more than one takes, each once', async () => {
    const { body } = await stage
      .caller('support-bot')
      .redeem(created(await stage.caller('support-bot').ask(readAsk()), 201).continuation.deferral_code);
    const template = { token: String(body.access_token), grant: String(body.grant_id) };
    const many = await cloneGrants(stage.world, template, 1_100, Date.now() - 1);
    try {
      expect(await closing.sweep(2_000)).toMatchObject({ ended: 1_100, failures: [] });
      const told = `select count(*)::int as "events", count(distinct "grant_id")::int as "grants" from "events"
        where "type" = 'grant.expired' and "grant_id" = any($1)`;
      expect(await rowsOf(told, [many])).toEqual([{ events: 1_100, grants: 1_100 }]);
      expect(await closing.sweep(2_000)).toMatchObject({ ended: 0, failures: [] });
    } finally {
      await asSuperuser(stage.world, FORGET_CLONES, [many]);
    }
  });

  it('ends what is more under a grant than one transaction should, and which was over at once all the same', async () => {
    const read = async (agent: string, headers = {}): Promise<{ token: string; grant: string }> => {
      const { continuation } = created(await stage.caller(agent).ask(readAsk(), headers), 201);
      const { body } = await stage.caller(agent).redeem(continuation.deferral_code);
      return { token: body.access_token, grant: body.grant_id };
    };
    const top = await read('support-bot');
    const many = await cloneGrants(stage.world, await read('rival-bot', under(top.token)), 300, Date.now() + 200_000);
    try {
      expect((await stage.caller('ops-cli').post(`/v1/grants/${top.grant}/revoke`, { reason: 'Over.' })).status).toBe(
        200,
      );
      const left = `select "id" from "grants" where $1 = any("parents") and "status" = 'active'`;
      const open = await rowsOf(left, [top.grant]);
      expect(open).toHaveLength(51);
      const { body } = await stage.caller('auditor-tool').get(`/v1/grants/${String(open[0]?.['id'])}`);
      expect(body.grant).toMatchObject({ status: 'revoked', end_reason: 'parent_ended' });
      expect(await closing.sweep(1_000)).toMatchObject({ ended: 51, failures: [] });
      expect(await closing.sweep(1_000)).toMatchObject({ ended: 0, failures: [] });
      const told = `select count(*)::int as "n" from "events" where "type" = 'grant.revoked' and "data" ->> 'parent' = $1`;
      expect(await rowsOf(told, [top.grant])).toEqual([{ n: 301 }]);
    } finally {
      await asSuperuser(stage.world, FORGET_CLONES, [many]);
    }
  });

  it('ends everything of a suspended agent alike', async () => {
    const asked = created(await stage.caller('rival-bot').ask(refundAsk()), 202);
    const held = await collectedRefund(stage, {}, 'rival-bot');
    await stage.caller('ops-cli').post('/v1/agents/rival-bot/suspend', { reason: 'Test.' });
    const since = await mark();
    expect(await closing.sweep(1_000)).toMatchObject({ ended: 2, failures: [] });
    const [pending] = (await writtenOf(asked.id, since))['events'] as Told[];
    const [grant] = (await writtenOf(held.id, since))['events'] as Told[];
    expect(pending).toMatchObject({ type: 'escalation.cancelled', data: { cause: 'agent_suspended' }, sealed: true });
    expect(grant).toMatchObject({ type: 'grant.revoked', data: { end_reason: 'agent_suspended' }, sealed: true });
  });

  it('leaves a row that somebody holds for the next pass, and waits for nobody', async () => {
    const [, over] = KINDS[1]!;
    const [held, free] = [await over(), await over()];
    const client = await stage.world.database.pool.connect();
    try {
      await client.query('begin');
      await client.query(`select 1 from "grants" where "escalation_id" = $1 for update`, [held.id]);
      expect(await closing.sweep(1_000)).toMatchObject({ ended: 1, failures: [] });
      await client.query('rollback');
    } finally {
      client.release();
    }
    expect(await free.end()).toBe(false);
    expect(await closing.sweep(1_000)).toMatchObject({ ended: 1, failures: [] });
  });

  it('ends the others when one row of the batch cannot be ended', async () => {
    const [, over] = KINDS[1]!;
    const [poisoned, fine] = [await over(), await over()];
    await stage.world.database.pool.query(
      `create function "poison"() returns trigger language plpgsql as $$ begin
         if new."escalation_id" = '${poisoned.id}' then raise exception 'poison'; end if; return new; end $$`,
    );
    await stage.world.database.pool.query(
      `create trigger "poison" before update on "grants" for each row execute function "poison"()`,
    );
    const swept = await closing.sweep(1_000);
    await stage.world.database.pool.query('drop trigger "poison" on "grants"');
    expect(swept).toMatchObject({ ended: 1, failures: [{ message: 'poison' }] });
    expect(await fine.end()).toBe(false);
    expect(await closing.sweep(1_000)).toMatchObject({ ended: 1, failures: [] });
  });
});
