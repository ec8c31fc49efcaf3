import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresAgents } from '#persistence/ask/postgres-agents.js';
import { readAsk, refundAsk } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { approvedRefund, collectedRefund, created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

let stage: Stage;

beforeAll(async () => {
  // A policy that still names an agent is no reason to keep it.
  const named =
    '@id("no-quick") forbid (principal == Writ::Agent::"rival-bot", action == Writ::Action::"quick.ask", resource);';
  stage = await setStage(() => undefined, { policies: BASE_POLICIES + named });
});
afterEach(async () => {
  await applyConfig(stage.world, () => undefined);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const members = (config: Config, group: string): string[] =>
  config.groups.find((candidate) => candidate['id'] === group)?.['members'] as string[];
const without = (id: string) => (config: Config) => {
  for (const group of config.groups)
    group['members'] = (group['members'] as string[]).filter((member) => member !== id);
};
const withoutAgent = (id: string) => (config: Config) => {
  without(id)(config);
  config.agents = config.agents.filter((agent) => agent['id'] !== id);
};

describe('a member who left a group', () => {
  it('may not vote from that moment, over REST or in Slack', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    const [bob, card] = [await stage.person('bob'), await stage.slack.card(asked.id)];
    await applyConfig(stage.world, without('bob'));
    expect(await bob.decide(asked, 'approve')).toMatchObject({ status: 403, body: { why: 'not_in_group' } });
    await stage.slack.click('U0002', card.ts, 'writ_approve');
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.status).toBe('pending');
    expect(await (await stage.person('carol')).decide(asked, 'approve')).toMatchObject({
      status: 200,
      body: { vote: 'settled' },
    });
  });

  it('takes an approval along that was not collected yet', async () => {
    const ready = await approvedRefund(stage);
    await applyConfig(stage.world, without('bob'));
    expect((await stage.caller('support-bot').redeem(ready.code)).body.error).toBe('access_denied');
    expect((await stage.caller('support-bot').get(`/v1/escalations/${ready.id}`)).body.grant).toMatchObject({
      status: 'revoked',
      end_reason: 'policy_changed',
    });
    expect((await storyOf(stage, ready.grant)).types.at(-1)).toBe('grant.revoked');
    await applyConfig(stage.world, () => undefined);
    expect((await stage.caller('support-bot').redeem(ready.code)).body.error).toBe('access_denied');
  });

  it('no longer counts towards a quorum that was open', async () => {
    const ask = {
      ...readAsk(),
      authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '1' } }],
    };
    const asked = created(await stage.caller('support-bot').ask(ask), 202);
    const [bob, carol, dave] = await Promise.all(['bob', 'carol', 'dave'].map((id) => stage.person(id)));
    await bob?.decide(asked, 'approve');
    await dave?.decide(asked, 'approve');
    await applyConfig(stage.world, (config) => {
      without('bob')(config);
      members(config, 'oncall').push('erin');
    });
    expect((await carol?.decide(asked, 'approve'))?.body).toMatchObject({
      vote: 'recorded',
      escalation: { status: 'pending' },
    });
  });
});

describe('an agent who left', () => {
  it('holds nothing any more, and who comes under its name is somebody else', async () => {
    const held = await collectedRefund(stage, {}, 'rival-bot');
    const ready = await approvedRefund(stage, {}, 'rival-bot');
    const waiting = created(await stage.caller('rival-bot').ask(refundAsk(), { 'idempotency-key': 'old' }), 202);
    await applyConfig(stage.world, withoutAgent('rival-bot'));
    expect((await stage.caller('payments-api').introspect(held.token)).body).toEqual({ active: false });
    expect((await stage.caller('rival-bot').get('/v1/requestable')).status).toBe(401);
    expect((await stage.caller('rival-bot').redeem(ready.code)).status).toBe(401);
    await until(
      'the ends are written',
      async () =>
        (await storyOf(stage, held.grant)).types.includes('grant.revoked') &&
        (await storyOf(stage, ready.grant)).types.includes('grant.revoked'),
    );
    expect(await (await stage.person('bob')).decide(waiting, 'approve')).toMatchObject({
      status: 409,
      body: { status: 'cancelled' },
    });

    await applyConfig(stage.world, () => undefined);
    const successor = stage.caller('rival-bot');
    expect((await successor.ask(readAsk())).status).toBe(201);
    for (const path of [`/v1/escalations/${held.id}`, `/v1/escalations/${waiting.id}`, `/v1/grants/${held.grant}`])
      expect((await successor.get(path)).status).toBe(404);
    expect(((await successor.get('/v1/grants')).body.items as { id: string }[]).map((item) => item.id)).not.toContain(
      held.grant,
    );
    expect((await successor.redeem(ready.code)).body.error).toBe('invalid_grant');
    expect((await successor.post(`/v1/grants/${held.grant}/complete`, { outcome: 'failed' })).status).toBe(404);
    expect((await successor.post(`/v1/escalations/${waiting.id}/cancel`)).status).toBe(404);
    expect((await successor.introspect(held.token)).body).toEqual({ active: false });
    const again = created(await successor.ask(refundAsk(), { 'idempotency-key': 'old' }), 202);
    expect(again.id).not.toBe(waiting.id);
  });
});

describe('an agent who leaves', () => {
  it('takes along what was still under way for it', async () => {
    const { pool } = stage.world.database;
    const holder = await pool.connect();
    try {
      await holder.query('begin');
      const { rows } = await holder.query<{ uid: string }>(
        `select "uid" from "agents" where "id" = 'rival-bot' and "retired_at" is null`,
      );
      await new PostgresAgents(holder).lockByUid(rows[0]?.uid ?? '');
      const applied = applyConfig(stage.world, withoutAgent('rival-bot'));
      await until('the change waits for what is under way', async () => {
        const waiting = await pool.query(
          `select 1 from "pg_stat_activity" where "datname" = current_database() and "wait_event_type" = 'Lock'`,
        );
        return waiting.rows.length > 0;
      });
      const { rows: granted } = await holder.query<{ at: Date }>('select clock_timestamp() as "at"');
      await holder.query('commit');
      await applied;
      const barred = await pool.query(
        `select "not_before" > $2 as "over" from "agents" where "uid" = $1 and "retired_at" is not null`,
        [rows[0]?.uid, granted[0]?.at],
      );
      expect(barred.rows).toEqual([{ over: true }]);
    } finally {
      holder.release();
    }
  });
});

describe('a change of the configuration', () => {
  it('is in force for the next call and in the audit log, one line for each change, with its actor', async () => {
    const denied = await stage
      .caller('support-bot')
      .ask({ ...readAsk(), authorization_details: [{ type: 'tool_call', actions: ['payment.refresh'] }] });
    expect(denied.body.code).toBe('not_requestable');
    const changes = await applyConfig(
      stage.world,
      (config) => {
        (config.resources[0]?.['actions'] as Record<string, unknown>)['payment.refresh'] = { risk: 'low' };
        config.people.push({ id: 'zoe', roles: ['auditor'], slack: [] } as never);
        without('dave')(config);
        members(config, 'security').push('bob');
        withoutAgent('rival-bot')(config);
      },
      BASE_POLICIES.replace('"payment.read", resource)', '"payment.refresh", resource)'),
    );
    expect(changes).toEqual(
      expect.arrayContaining([
        { kind: 'resource', change: 'changed', id: 'https://payments.example' },
        { kind: 'person', change: 'added', id: 'zoe' },
        { kind: 'group', change: 'changed', id: 'security' },
        { kind: 'agent', change: 'retired', id: 'rival-bot' },
      ]),
    );
    expect(changes.map((change) => change.kind)).toContain('policy');
    const { items } = (
      await stage.caller('auditor-tool').get(`/v1/audit/events?type=config.applied&actor=olga&limit=${changes.length}`)
    ).body;
    for (const change of changes)
      expect(items).toContainEqual(
        expect.objectContaining({
          actor: { kind: 'person', id: 'olga' },
          data: expect.objectContaining({ ...change }),
        }),
      );
    expect(
      (
        await stage
          .caller('support-bot')
          .ask({ ...readAsk(), authorization_details: [{ type: 'tool_call', actions: ['payment.refresh'] }] })
      ).body.status,
    ).toBe('approved');
    expect((await stage.caller('support-bot').ask(readAsk())).body.status).toBe('denied');
  });

  it('that changes nothing leaves no trace', async () => {
    const before = (await stage.caller('auditor-tool').get('/v1/audit/events?type=config.applied&limit=200')).body
      .items;
    expect(await applyConfig(stage.world, () => undefined)).toEqual([]);
    expect(
      (await stage.caller('auditor-tool').get('/v1/audit/events?type=config.applied&limit=200')).body.items,
    ).toEqual(before);
  });

  it('with policies that cannot stand is refused, and the set in force stays', async () => {
    await expect(
      applyConfig(
        stage.world,
        () => undefined,
        `${BASE_POLICIES}\n@id("x") @outcome("maybe") permit (principal, action, resource);`,
      ),
    ).rejects.toThrow(/refused/);
    expect((await stage.caller('support-bot').ask(readAsk())).body.status).toBe('approved');
  });

  it('judges what waits by the policy under which it was asked', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk()), 202);
    await applyConfig(
      stage.world,
      () => undefined,
      BASE_POLICIES.replace('@approvers("oncall") @max_ttl("200")', '@approvers("security") @max_ttl("50")'),
    );
    expect(await (await stage.person('bob')).decide(asked, 'approve')).toMatchObject({
      status: 200,
      body: { vote: 'settled', escalation: { granted: { ttl: 200 } } },
    });
    expect(created(await stage.caller('support-bot').ask(refundAsk()), 202)).toMatchObject({
      approval: { groups: [{ id: 'security' }] },
    });
  });
});

describe('a person who left', () => {
  it('loses the session with the account, and coming back does not bring it back', async () => {
    const bob = await stage.person('bob');
    await applyConfig(stage.world, (config) => {
      without('bob')(config);
      config.people = config.people.filter((person) => person['id'] !== 'bob');
    });
    expect((await bob.send('GET', '/v1/sessions/current')).status).toBe(401);
    await applyConfig(stage.world, () => undefined);
    expect((await bob.send('GET', '/v1/sessions/current')).status).toBe(401);
  });
});
