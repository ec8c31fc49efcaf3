import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyConfig } from '../../harness/world/apply.js';
import { askingOf, setServedStage, type ServedStage } from '../../harness/world/serving-role.js';
import { collectedRefund, type Collected } from '../../harness/world/stage.js';
import { statusBitOf } from '../../harness/judges/status-list.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

/** What the broker's own role has refused, or has done for nothing. */
let stage: ServedStage;

beforeAll(async () => {
  stage = await setServedStage();
});
afterAll(() => stage.close());

const { active, consumed, asks, operator, told, uid, broken } = askingOf(() => stage);
/** A process makes its list anew after some seconds. */
const listed = (token: string): Promise<unknown> =>
  until('the status list says so', async () => (await statusBitOf(stage.broker.issuer, token)) === 1, 20_000);
/** A seal of the right form that nobody made. */
const FORGED = 'A'.repeat(43);

describe('an agent that was suspended', () => {
  let held: Collected;
  let earlier: string;

  beforeAll(async () => {
    held = await collectedRefund(stage);
    // A resumption that was really made once, for whoever would say it again.
    await operator('/v1/agents/support-bot/suspend');
    await operator('/v1/agents/support-bot/resume');
    held = await collectedRefund(stage);
    expect(await active(held.token)).toBe(true);
    await operator('/v1/agents/support-bot/suspend');
    const { rows } = await stage.world.database.pool.query<{ id: string }>(
      `select max("id")::text as "id" from "agent_suspensions" where "change" = 'resumed'`,
    );
    earlier = rows[0]?.id ?? '';
  });
  afterAll(async () => {
    await operator('/v1/agents/support-bot/resume');
    expect(await asks('support-bot')).toBe(201);
  });

  const stays = async (): Promise<void> => {
    expect(await active(held.token)).toBe(false);
    expect(await consumed(held.token)).toEqual({ allowed: false, code: 'inactive' });
    expect((await stage.caller('support-bot').renew(held.token)).status).toBe(400);
    expect(await asks('support-bot')).toBe(403);
  };

  it.each([
    `update "agents" set "suspended" = false, "not_before" = null where "id" = 'support-bot'`,
    `update "agents" set "suspended" = false where "id" = 'support-bot'`,
    `update "agents" set "not_before" = "not_before" - interval '1 hour' where "id" = 'support-bot'`,
    `update "agents" set "not_before" = clock_timestamp() + interval '1 hour' where "id" = 'support-bot'`,
    `delete from "agents" where "id" = 'support-bot'`,
    `delete from "agent_suspensions"`,
    `truncate "agent_suspensions"`,
    `update "agent_suspensions" set "change" = 'resumed', "answers" = "id" where "change" = 'suspended'`,
    `update "agent_suspensions" set "at" = "at" - interval '1 day'`,
    `update "agent_suspensions" set "mac" = null`,
    `insert into "seals_pending" ("kind") values ('suspension')`,
    `alter table "agents" disable trigger all`,
  ])('is not brought back by: %s', async (statement) => {
    expect(await stage.tries(statement)).toMatch(/^(23514|42501)$/);
    await stays();
  });

  it('is not brought back by a resumption that nobody sealed, and that is told once', async () => {
    const resumed = `insert into "agent_suspensions" ("agent_uid", "change", "answers", "at", "actor_kind", "actor_id", "mac")
      select "agent_uid", 'resumed', max("id"), clock_timestamp(), 'person', 'olga', $2::text from "agent_suspensions" where "agent_uid" = $1 group by 1`;
    const before = await broken('suspension');
    for (const mac of [null, FORGED]) {
      expect(await stage.tries(resumed, [await uid('support-bot'), mac])).toBeNull();
      await stage.tries(`update "agents" set "suspended" = false where "id" = 'support-bot'`);
      await stays();
    }
    await until('both are told', async () => (await broken('suspension')) === before + 2);
    await stays();
    expect(await broken('suspension')).toBe(before + 2);
  });

  it('is not brought back by the resumption of an earlier time, said again', async () => {
    const again = `insert into "agent_suspensions" ("agent_uid", "change", "answers", "at", "actor_kind", "actor_id", "reason", "mac")
      select "agent_uid", "change", "answers", "at", "actor_kind", "actor_id", "reason", "mac" from "agent_suspensions" where "id" = $1`;
    expect(await stage.tries(again, [earlier])).toBeNull();
    await stays();
  });

  it('is not brought back by the owner of the tables through the flags of its row, with no trigger in the way', async () => {
    await asSuperuser(
      stage.world,
      `update "agents" set "suspended" = false, "not_before" = null, "suspend_reason" = null where "id" = 'support-bot'`,
      [],
    );
    await stays();
    await asSuperuser(
      stage.world,
      `update "agent_suspensions" set "answers" = (select max("id") from "agent_suspensions") where "id" = $1`,
      [earlier],
    );
    await stays();
  });

  it('is told to verifiers, whatever the role does to what they read', async () => {
    for (const statement of [
      `delete from "revocations"`,
      `update "revocations" set "until" = clock_timestamp()`,
      `truncate "revocations"`,
      `delete from "status_entries"`,
      `update "status_entries" set "until" = clock_timestamp()`,
      `delete from "status_lists"`,
    ])
      expect(await stage.tries(statement)).toMatch(/^(23514|42501|23503)$/);
    expect(await told(held.token)).toBe(true);
    await listed(held.token);
  });
});

describe('an agent that was retired', () => {
  it('is not brought back, nor what it held', async () => {
    const held = await collectedRefund(stage, {}, 'rival-bot');
    const retired = await uid('rival-bot');
    await applyConfig(stage.world, (config) => {
      config.agents = config.agents.filter(({ id }) => id !== 'rival-bot');
      for (const group of config.groups)
        group['members'] = (group['members'] as string[] | undefined)?.filter((id) => id !== 'rival-bot') ?? [];
    });
    expect(await active(held.token)).toBe(false);
    const back = `update "agents" set "retired_at" = null, "suspended" = false, "not_before" = null where "uid" = $1`;
    expect(await stage.tries(back, [retired])).toBe('23514');
    await asSuperuser(stage.world, back, [retired]);
    await applyConfig(stage.world, () => undefined);
    expect(await active(held.token)).toBe(false);
    expect(await consumed(held.token)).toEqual({ allowed: false, code: 'inactive' });
    // The row that came back is the agent again, and is suspended still.
    expect(await asks('rival-bot')).not.toBe(201);
  });
});

describe('what was ended', () => {
  let held: Collected;

  beforeAll(async () => {
    held = await collectedRefund(stage);
    await operator(`/v1/grants/${held.grant}/revoke`);
  });

  it.each([
    `update "tokens" set "ended_at" = null where "grant_id" = $1`,
    `update "tokens" set "ended_at" = null, "expires_at" = "expires_at" + interval '1 day' where "grant_id" = $1`,
    `delete from "tokens" where "grant_id" = $1`,
    `update "grants" set "status" = 'active', "last_change" = 'activated', "ended_at" = null, "end_reason" = null where "id" = $1`,
    `update "grants" set "ended_at" = null where "id" = $1`,
    `update "grants" set "expires_at" = "expires_at" + interval '1 day' where "id" = $1`,
    `update "grants" set "ready_until" = "ready_until" + interval '1 day' where "id" = $1`,
    `update "grants" set "uses" = 0 where "id" = $1`,
    `delete from "revocations" where "subject" = $1`,
    `delete from "status_entries" where "jti" in (select "jti" from "tokens" where "grant_id" = $1)`,
    `update "escalations" set "deadline" = "deadline" + interval '1 day' where "id" = (select "escalation_id" from "grants" where "id" = $1)`,
  ])('stays ended: %s', async (statement) => {
    expect(await stage.tries(statement, [held.grant])).toMatch(/^(23514|42501)$/);
    expect(await active(held.token)).toBe(false);
    expect(await consumed(held.token)).toEqual({ allowed: false, code: 'inactive' });
    expect(await told(held.token)).toBe(true);
  });

  it('stays on the status list', () => listed(held.token));

  it('by a kill switch stays ended, wherever the switch is moved', async () => {
    const killed = await collectedRefund(stage);
    expect((await operator('/v1/kill', { kind: 'approver', id: 'bob', reason: 'Drill.' })).status).toBe(200);
    for (const statement of [
      `update "kill_switches" set "not_before" = clock_timestamp() + interval '1 hour'`,
      `update "kill_switches" set "subject" = 'nobody'`,
      `update "kill_switches" set "mac" = $1`,
      `delete from "kill_switches"`,
      `truncate "kill_switches"`,
    ])
      expect(await stage.tries(statement, statement.includes('$1') ? [FORGED] : [])).toMatch(/^(23514|42501)$/);
    expect(await active(killed.token)).toBe(false);
  });

  it('with a signing key stays ended', async () => {
    const compromised = `update "signing_keys" set "compromised_at" = null where "compromised_at" is not null`;
    const signed = await collectedRefund(stage);
    const { rows } = await stage.world.database.pool.query<{ kid: string }>(
      `select "kid" from "tokens" where "grant_id" = $1`,
      [signed.grant],
    );
    expect((await operator('/v1/kill', { kind: 'key', id: rows[0]?.kid, reason: 'Drill.' })).status).toBe(200);
    expect(await stage.tries(compromised)).toBe('23514');
    expect(await stage.tries(`delete from "signing_keys"`)).toMatch(/^(23514|42501)$/);
    expect(await active(signed.token)).toBe(false);
  });
});
