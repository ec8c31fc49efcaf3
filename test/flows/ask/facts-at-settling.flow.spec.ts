import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer, type Caller } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

let stage: Stage;

const RULE = /@id\("refunds"\)[^;]*;/;
const refundsWhen = (condition: string, annotations = ''): string =>
  BASE_POLICIES.replace(
    RULE,
    `@id("refunds") @outcome("require_approval") @approvers("oncall") @max_ttl("200") ${annotations}
     permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource) when { ${condition} };`,
  );
const and = (rule: string): string => `${BASE_POLICIES}\n${rule}`;

interface Asked {
  readonly id: string;
  readonly digest: string;
  readonly continuation: { readonly deferral_code: string };
}

const ask = async (agent: string, order: string): Promise<Asked> =>
  created(await stage.caller(agent).ask(refundAsk(order)), 202);
const escalation = async (agent: string, id: string): Promise<Answer['body']> =>
  (await stage.caller(agent).get(`/v1/escalations/${id}`)).body;
const approve = async (asked: Asked, who = 'bob'): Promise<Answer> =>
  (await stage.person(who)).decide(asked, 'approve') as Promise<Answer>;
/** Nothing has been granted in this world yet. */
const startAnew = (policies: string): Promise<unknown> => applyConfig(stage.world, () => undefined, policies);

beforeEach(async () => {
  stage = await setStage();
});
afterEach(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

describe('what policy counted when it was asked is counted again when people have decided', () => {
  it('so that of five asks under a rule for one an hour, one is granted, however they are approved', async () => {
    await startAnew(refundsWhen('context.granted_last_hour < 1'));
    const asks: Asked[] = [];
    for (let index = 0; index < 5; index += 1) asks.push(await ask('support-bot', `five-${index}`));
    const answers = await Promise.all(asks.map((asked) => approve(asked)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const bodies = await Promise.all(asks.map(({ id }) => escalation('support-bot', id)));
    expect(bodies.filter(({ status }) => status === 'approved')).toHaveLength(1);
    const denied = bodies.filter(({ status }) => status === 'denied');
    expect(denied).toHaveLength(4);
    for (const { denial } of denied) expect(denial).toMatchObject({ by: 'policy', code: 'no_matching_policy' });
  });

  it('names the rule to the agent, the voter, the card and the record', async () => {
    await startAnew(
      and(`@id("one-an-hour") @reason("One refund an hour.")
        forbid (principal, action == Writ::Action::"refund.create", resource) when { context.granted_last_hour >= 1 };`),
    );
    const [first, second] = [await ask('support-bot', 'named-1'), await ask('support-bot', 'named-2')];
    await stage.slack.card(second.id);
    expect((await approve(first)).body).toMatchObject({ vote: 'settled', escalation: { status: 'approved' } });
    expect((await approve(second)).body).toMatchObject({
      vote: 'settled',
      escalation: { status: 'denied', grant: null, denial: { by: 'policy', code: 'policy_denied' } },
    });
    const { denial } = await escalation('support-bot', second.id);
    expect(denial.reason).toContain('one-an-hour');
    expect(denial.reason).toContain('One refund an hour.');
    await until('the card says so', async () => {
      const cards = JSON.stringify(await stage.slack.cardsOf(second.id));
      return cards.includes('Decided by policy') && cards.includes('one-an-hour');
    });
    const { rows } = await stage.world.database.pool.query(
      `select "actor_kind", "data" from "events" where "escalation_id" = $1 and "type" = 'escalation.denied'`,
      [second.id],
    );
    expect(rows).toMatchObject([
      {
        actor_kind: 'policy',
        data: {
          determining: ['one-an-hour'],
          approved_by: ['bob'],
          facts: { granted_last_hour: { 'refund.create': 1 } },
        },
      },
    ]);
    expect((await stage.caller('support-bot').redeem(second.continuation.deferral_code)).body.error).toBe(
      'access_denied',
    );
    await until('the thread is told', async () =>
      JSON.stringify(await stage.slack.messages()).includes('policy denied it after all'),
    );
  });

  it.each<[string, string]>([
    ['granted_last_day', 'context.granted_last_day < 1'],
    ['open_grants', 'context.open_grants < 1'],
  ])('be it %s', async (_fact, condition) => {
    await startAnew(refundsWhen(condition));
    const [first, second] = [await ask('support-bot', 'a'), await ask('support-bot', 'b')];
    await Promise.all([approve(first), approve(second)]);
    const statuses = [
      (await escalation('support-bot', first.id)).status,
      (await escalation('support-bot', second.id)).status,
    ];
    expect(statuses.sort()).toEqual(['approved', 'denied']);
  });

  it('be it denials that came in between', async () => {
    await startAnew(refundsWhen('context.recent_denials < 1'));
    const [first, second] = [await ask('support-bot', 'denied-1'), await ask('support-bot', 'denied-2')];
    await (await stage.person('carol')).decide(first, 'deny');
    await approve(second);
    expect((await escalation('support-bot', second.id)).denial).toMatchObject({ by: 'policy' });
  });

  it('by the policies it was asked under, whatever was applied since', async () => {
    await startAnew(refundsWhen('context.open_grants < 1'));
    const [first, second] = [await ask('support-bot', 'then-1'), await ask('support-bot', 'then-2')];
    await applyConfig(stage.world, () => undefined, BASE_POLICIES);
    await approve(first);
    await approve(second);
    expect((await escalation('support-bot', second.id)).denial).toMatchObject({ by: 'policy' });
    const third = await ask('support-bot', 'then-3');
    expect((await approve(third)).body).toMatchObject({ escalation: { status: 'approved' } });
  });

  it('and where policy has come to want more people, those who were asked are not enough', async () => {
    await startAnew(
      and(`@id("second-refund") @outcome("require_approval") @approvers("security")
        permit (principal, action == Writ::Action::"refund.create", resource) when { context.open_grants > 0 };`),
    );
    const [first, second] = [await ask('support-bot', 'more-1'), await ask('support-bot', 'more-2')];
    await approve(first);
    await approve(second);
    expect(await escalation('support-bot', second.id)).toMatchObject({
      status: 'denied',
      denial: { by: 'policy', code: 'more_approvals_needed', next: { action: 'ask_again' } },
    });
    expect((await escalation('support-bot', second.id)).denial.reason).toContain('second-refund');
  });

  it('and where it has come to allow less, less is granted', async () => {
    await startAnew(
      and(`@id("short-second") @outcome("require_approval") @approvers("oncall") @max_ttl("30")
        permit (principal, action == Writ::Action::"refund.create", resource) when { context.open_grants > 0 };`),
    );
    const [first, second] = [await ask('support-bot', 'less-1'), await ask('support-bot', 'less-2')];
    await approve(first);
    await approve(second);
    expect((await escalation('support-bot', first.id)).granted).toMatchObject({ ttl: 200 });
    expect((await escalation('support-bot', second.id)).granted).toMatchObject({ ttl: 30 });
  });

  it('while another agent’s counts are its own', async () => {
    await startAnew(refundsWhen('context.granted_last_hour < 1'));
    const [mine, theirs] = [await ask('support-bot', 'mine'), await ask('rival-bot', 'theirs')];
    await Promise.all([approve(mine), approve(theirs)]);
    expect((await escalation('support-bot', mine.id)).status).toBe('approved');
    expect((await escalation('rival-bot', theirs.id)).status).toBe('approved');
  });
});

describe('pending_asks', () => {
  const LIMIT = refundsWhen('context.pending_asks < 2');
  const agent = (): Caller => stage.caller('support-bot');

  it('counts what this agent waits for, without the ask itself, when it asks and when it is decided', async () => {
    await startAnew(LIMIT);
    const first = await ask('support-bot', 'p-1');
    await ask('support-bot', 'p-2');
    expect((await agent().ask(refundAsk('p-3'))).body).toMatchObject({ status: 'denied', denial: { by: 'policy' } });
    expect((await stage.caller('rival-bot').ask(refundAsk('p-4'))).status).toBe(202);
    expect((await approve(first)).body).toMatchObject({ escalation: { status: 'approved' } });
    expect((await agent().ask(refundAsk('p-5'))).status).toBe(202);
    expect((await agent().get(`/v1/escalations/${first.id}`)).status).toBe(200);
  });

  it('is a fact of the dry run and of the record', async () => {
    await startAnew(LIMIT);
    const carol = await stage.person('carol');
    const dry = async (pending_asks: number): Promise<Answer['body']> =>
      (
        await carol.send('POST', '/v1/policies/evaluate', {
          agent: 'support-bot',
          request: refundAsk(),
          facts: { pending_asks },
        })
      ).body;
    expect(await dry(1)).toMatchObject({ outcome: 'require_approval', facts: { pending_asks: 1 } });
    expect(await dry(2)).toMatchObject({ outcome: 'deny' });
  });
});

describe('a grant that stands', () => {
  it('is collected whatever has been counted since: only the approval asks for counts', async () => {
    await startAnew(refundsWhen('context.granted_last_hour < 1'));
    const held = await collectedRefund(stage);
    expect(held.token).toContain('.');
  });
});
