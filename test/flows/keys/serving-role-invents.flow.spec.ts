import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writ } from '../../../apps/cli/src/testing/terminal.js';
import { readAsk } from '../../harness/actors/agent.js';
import { askingOf, setServedStage, type ServedStage } from '../../harness/world/serving-role.js';
import { collectedRefund } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

/** What the broker's own role adds without a seal, which counts for nothing. */
let stage: ServedStage;

const EMERGENCY = `${BASE_POLICIES}
@id("emergency") @outcome("allow") @max_ttl("280")
permit (principal in Writ::Group::"support", action == Writ::Action::"quick.ask", resource) when { context.break_glass };
`.replace(/@id\("quick"\)[^;]*;/, '');

beforeAll(async () => {
  stage = await setServedStage(undefined, { policies: EMERGENCY });
});
afterAll(() => stage.close());

const { active, consumed, asks, operator, told, uid, broken } = askingOf(() => stage);
/** A seal of the right form that nobody made. */
const FORGED = 'A'.repeat(43);

describe('an end that nobody made', () => {
  it('counts for nothing and is told once: a suspension', async () => {
    const held = await collectedRefund(stage);
    const before = await broken('suspension');
    const suspended = `insert into "agent_suspensions" ("agent_uid", "change", "at", "actor_kind", "actor_id", "mac")
      values ($1, 'suspended', clock_timestamp(), 'person', 'olga', $2)`;
    for (const mac of [null, FORGED]) expect(await stage.tries(suspended, [await uid('support-bot'), mac])).toBeNull();
    expect(await asks('support-bot')).toBe(201);
    expect(await active(held.token)).toBe(true);
    expect(await consumed(held.token)).toMatchObject({ allowed: true });
    await until('both are told', async () => (await broken('suspension')) === before + 2);
    expect(await asks('support-bot')).toBe(201);
    expect(await broken('suspension')).toBe(before + 2);
  });

  it('counts for nothing and is told once: a kill switch, of a person and of a task, also one for another subject', async () => {
    const held = await collectedRefund(stage, { max_uses: 5 });
    const before = await broken('kill');
    const thrown = `insert into "kill_switches" ("kind", "subject", "not_before", "mac") values ($1, $2, clock_timestamp(), $3)`;
    for (const mac of [null, FORGED]) expect(await stage.tries(thrown, ['approver', 'bob', mac])).toBeNull();
    expect(await stage.tries(thrown, ['task', `${await uid('support-bot')}/run-1`, FORGED])).toBeNull();
    const copied = `insert into "kill_switches" ("kind", "subject", "not_before", "mac")
      select "kind", 'bob', clock_timestamp(), "mac" from "kill_switches" where "mac" is not null limit 1`;
    expect(await stage.tries(copied)).toBeNull();
    expect(await active(held.token)).toBe(true);
    expect(await consumed(held.token)).toMatchObject({ allowed: true });
    await until('they are told', async () => (await broken('kill')) >= before + 4);
    const { body } = await stage.caller('auditor-tool').get(`/v1/grants/${held.grant}`);
    expect(body.grant.status).toBe('active');
    expect(body.votes).toHaveLength(1);
    expect(await active(held.token)).toBe(true);
  });

  it('does not stand in the way of one that somebody makes', async () => {
    const held = await collectedRefund(stage);
    const resumed = `insert into "agent_suspensions" ("id", "agent_uid", "change", "answers", "at", "actor_kind", "actor_id", "mac")
      select (select max("id") from "agent_suspensions") + $2::bigint, $1, 'resumed', 9000000000000000000, clock_timestamp(), 'person', 'olga', $3`;
    const suspended = `insert into "agent_suspensions" ("agent_uid", "change", "at", "actor_kind", "actor_id", "mac")
      values ($1, 'suspended', clock_timestamp() + interval '1 year', 'person', 'olga', $2)`;
    const agent = await uid('support-bot');
    for (const ahead of [1, 2, 3, 1_000_000]) expect(await stage.tries(resumed, [agent, ahead, FORGED])).toBe('23514');
    expect(await stage.tries(suspended, [agent, FORGED])).toBe('23514');
    expect((await operator('/v1/agents/support-bot/suspend')).status).toBe(200);
    expect(await active(held.token)).toBe(false);
    expect(await told(held.token)).toBe(true);
    expect(await asks('support-bot')).toBe(403);
    expect((await operator('/v1/agents/support-bot/resume')).status).toBe(200);
    expect(await asks('support-bot')).toBe(201);
    expect(await active(held.token)).toBe(false);
  });

  it('stops nobody’s reading, however odd it is', async () => {
    const held = await collectedRefund(stage);
    await stage.tries(
      `insert into "kill_switches" ("kind", "subject", "not_before", "mac") values ('task', 'odd/1', clock_timestamp(), $1)`,
      [FORGED],
    );
    await stage.tries(
      `insert into "revocations" ("kind", "subject", "not_before", "until") values ('agent', 'odd', clock_timestamp(), clock_timestamp() + interval '1 hour')`,
    );
    await operator(`/v1/grants/${held.grant}/revoke`);
    expect(await told(held.token)).toBe(true);
  });
});

describe('what waits for somebody’s review', () => {
  const environment = (): Record<string, string> => ({
    DATABASE_URL: stage.world.database.url,
    WRIT_MASTER_KEY: stage.world.masterKey,
    WRIT_CONFIG: stage.world.configDir,
    WRIT_DATA_DIR: stage.world.configDir,
  });

  it('goes on waiting when the role says that it was given: break-glass', async () => {
    const emergency = {
      ...readAsk(),
      authorization_details: [{ type: 'tool_call', actions: ['quick.ask'] }],
      break_glass: true,
      justification: 'Payments are down since noon.',
    };
    const first = await stage.caller('support-bot').ask(emergency);
    expect(first.status).toBe(201);
    const second = () => stage.caller('support-bot').ask(emergency);
    expect((await second()).body.code).toBe('break_glass_unreviewed');
    const { id } = first.body as { id: string };
    await stage.tries(
      `update "break_glass_uses" set "reviewed_at" = clock_timestamp(), "reviewed_by" = 'olga', "review_note" = 'fine' where "escalation_id" = $1`,
      [id],
    );
    await stage.tries(
      `insert into "reviews" ("kind", "subject", "at", "by", "note", "mac") values ('break_glass', $1, clock_timestamp(), 'olga', 'fine', $2)`,
      [id, FORGED],
    );
    expect((await second()).body.code).toBe('break_glass_unreviewed');
    // Whoever really reviews it is not held up by that.
    const olga = await stage.person('olga');
    const reviewed = await olga.send('POST', `/v1/escalations/${id}/review`, { note: 'It was down indeed.' });
    expect(reviewed.status).toBe(200);
    const { body: uses } = await stage.caller('auditor-tool').get('/v1/break-glass');
    expect(uses.items.map((use: Record<string, unknown>) => use['reviewed'])).toMatchObject([
      { by: 'olga', note: 'It was down indeed.' },
    ]);
    expect((await second()).status).toBe(201);
  });

  it('goes on waiting when the role says that it was given: a restore', async () => {
    const held = await collectedRefund(stage);
    expect((await writ(['restore', 'declare'], environment())).exit).toBe(0);
    expect(await active(held.token)).toBe(false);
    await stage.tries(
      `update "restore_epochs" set "reviewed_at" = clock_timestamp(), "reviewed_by" = 'person:olga', "verdict" = 'keep'`,
    );
    await stage.tries(
      `insert into "reviews" ("kind", "subject", "at", "by", "verdict", "mac") select 'restore', "id"::text, clock_timestamp(), 'person:olga', 'keep', $1 from "restore_epochs"`,
      [FORGED],
    );
    expect(await active(held.token)).toBe(false);
    expect(await consumed(held.token)).toEqual({ allowed: false, code: 'inactive' });
    expect((await writ(['restore', 'review', '--keep'], environment())).exit).toBe(0);
    expect(await active(held.token)).toBe(true);
  });
});
