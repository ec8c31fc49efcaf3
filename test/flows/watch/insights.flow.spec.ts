import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

const RULE = 'team:refunds/small';
const POLICIES = BASE_POLICIES.replace('@id("refunds")', `@id("${RULE}")`);

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      for (const person of config.people) {
        if (person.id === 'carol') person.roles = ['approver', 'operator'];
        if (person.id === 'bob') Object.assign(person, { name: 'Bob Brook' });
      }
    },
    { policies: POLICIES },
  );
});
afterAll(() => stage.close());

const ask = async (order: string): Promise<{ id: string; digest: string }> =>
  created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
const rules = async (): Promise<Record<string, unknown>[]> =>
  (await stage.caller('auditor-tool').get('/v1/insights/rules')).body.items as Record<string, unknown>[];
const proposal = (rule: string) =>
  stage.caller('ops-cli').post(`/v1/insights/rules/${encodeURIComponent(rule)}/proposal`, {});

/** Lets every vote be as if it had been cast a minute after the one before, and a day after its request. */
const asIfRead = (): Promise<void> =>
  asSuperuser(
    stage.world,
    `with numbered as (select "id", row_number() over (order by "at" desc) as n from "votes"),
       asked as (update "escalations" set "created_at" = "created_at" - interval '1 day')
     update "votes" v set "at" = v."at" - n.n * interval '1 minute' from numbered n where n."id" = v."id"`,
    [],
  );

it('a person who approves five in a row at once is warned, and a denial ends the streak', async () => {
  const bob = await stage.person('bob');
  const warnings: unknown[] = [];
  for (let turn = 0; turn < 6; turn += 1)
    warnings.push((await bob.decide(await ask(`fast-${turn}`), 'approve')).body.warning);
  expect(warnings.slice(0, 4)).toEqual([null, null, null, null]);
  expect(warnings.slice(4)).toEqual([
    expect.stringMatching(/^You approved 5 requests in a row/),
    expect.stringMatching(/^You approved 6/),
  ]);
  expect((await bob.decide(await ask('no'), 'deny')).body.warning).toBeNull();
  expect((await bob.decide(await ask('yes'), 'approve')).body.warning).toBeNull();
});

describe('how people decide', () => {
  it('is read by auditors and operators for all, by others for themselves', async () => {
    await (await stage.person('carol')).decide(await ask('carol'), 'approve');
    const all = await stage.caller('auditor-tool').get('/v1/insights/approvers');
    expect(all.body).toMatchObject({
      days: 30,
      items: [
        {
          person: 'bob',
          name: 'Bob Brook',
          decisions: 8,
          approved: 7,
          denied: 1,
          approve_rate: 0.875,
          fast_approvals: 7,
        },
        { person: 'carol', name: 'carol', decisions: 1, approved: 1, denied: 0, approve_rate: 1 },
      ],
    });
    expect(all.body.items[0].median_seconds).toBeGreaterThanOrEqual(0);
    expect((await (await stage.person('bob')).send('GET', '/v1/insights/approvers')).body.items).toMatchObject([
      { person: 'bob' },
    ]);
    expect((await (await stage.person('omar')).send('GET', '/v1/insights/approvers')).body.items).toEqual([]);
    expect((await stage.caller('payments-api').get('/v1/insights/approvers')).status).toBe(403);
  });

  it('is read rule by rule: nothing is suggested while people differ', async () => {
    expect(await rules()).toMatchObject([
      { rule: RULE, asked: 9, approved: 8, denied: 1, lapsed: 0, cancelled: 0, approve_rate: 0.889, candidate: null },
    ]);
    expect((await (await stage.person('bob')).send('GET', '/v1/insights/rules')).status).toBe(403);
  });

  it('makes a rule that is always denied a candidate to forbid', async () => {
    const carol = await stage.person('carol');
    for (let turn = 0; turn < 10; turn += 1) {
      const asked = created(
        await stage.caller('rival-bot').ask({
          resource: 'https://payments.example',
          authorization_details: [
            { type: 'tool_call', actions: ['ledger.export'], arguments: { period: `2026-${turn}` } },
          ],
          task: { id: 'export' },
        }),
        202,
      );
      await carol.decide(asked, 'deny');
    }
    expect((await rules()).filter((row) => row['candidate'] === 'forbid').map((row) => row['rule'])).toEqual([
      'exports-oncall',
      'exports-security',
    ]);
  });
});

describe('the proposal to let a rule allow', () => {
  it('is not made while more than a fifth of the approvals were fast, and the record says so', async () => {
    const why = '100 % of its approvals took under 10 s';
    expect((await rules()).find(({ rule }) => rule === RULE)).toMatchObject({
      fast_approvals: 8,
      fast_share: 1,
      candidate: null,
      no_proposal: why,
    });
    expect(await proposal(RULE)).toMatchObject({
      status: 409,
      body: { code: 'hardly_read', detail: `No proposal: ${why}.`, fast_share: 1 },
    });
    await asIfRead();
    expect((await rules()).find(({ rule }) => rule === RULE)).toMatchObject({ fast_share: 0, no_proposal: null });
  });

  it('is a diff with what it would have done to the stored requests', async () => {
    const { status, body } = await proposal(RULE);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      rule: RULE,
      file: 'all.cedar',
      replay: { considered: 9, would_allow: 9, would_ask: 0, would_deny: 0, allowed_against_people: 1 },
    });
    expect(body.diff).toContain(`-@id("${RULE}") @outcome("require_approval") @approvers("oncall") @max_ttl("200")`);
    expect(body.diff).toContain(`+@id("${RULE}") @outcome("allow") @max_ttl("200") @max_uses("5")`);
  });

  it('changes nothing: people are asked as before', async () => {
    await ask('after');
  });

  it('says where another rule still asks', async () => {
    expect((await proposal('exports-security')).body.replay).toMatchObject({
      considered: 10,
      would_allow: 0,
      would_ask: 10,
    });
  });

  it.each(['reads', 'no-such-rule', '__proto__'])('does not exist for %s', async (rule) => {
    expect((await proposal(rule)).status).toBe(404);
  });

  it('is made for auditors and operators alone', async () => {
    expect((await (await stage.person('bob')).send('POST', '/v1/insights/rules/reads/proposal', {})).status).toBe(403);
    expect((await stage.caller('support-bot').post('/v1/insights/rules/reads/proposal', {})).status).toBe(403);
  });
});
