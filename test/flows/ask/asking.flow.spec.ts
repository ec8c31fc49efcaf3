import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer as answerOf, readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { approvedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      // A gate that rival-bot's owner leaves no one to fill: the group is dave alone.
      config.groups.push({ id: 'lonely', members: ['dave'], slack_channel: 'C0002' });
      Object.assign(config.resources[0]?.['actions'] as object, {
        'vault.open': { risk: 'high' },
        'ledger.burn': { risk: 'high' },
      });
    },
    { policies: POLICIES },
  );
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const POLICIES = `
@id("reads") @outcome("allow") @max_ttl("600")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource) when { context.granted_last_hour < 50 };
@id("notes") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.annotate", resource) when { context.has_ticket };
@id("refunds") @outcome("require_approval") @approvers("oncall") @max_ttl("200") @max_uses("5") @reason("Refunds move money.")
permit (principal in Writ::Group::"support", action == Writ::Action::"refund.create", resource);
@id("vault") @outcome("require_approval") @approvers("lonely")
permit (principal in Writ::Group::"support", action == Writ::Action::"vault.open", resource);
@id("no-drops") @reason("Nobody drops a ledger.")
forbid (principal, action == Writ::Action::"ledger.drop", resource);
@id("no-fire")
forbid (principal, action == Writ::Action::"ledger.burn", resource);
`;

const askFor = (action: string, more: Record<string, unknown> = {}, args?: unknown) => ({
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: [action], ...(args === undefined ? {} : { arguments: args }) }],
  task: { id: 'run-1' },
  ...more,
});

describe('an ask that policy decides', () => {
  it('is allowed at once and collected without a person', async () => {
    const agent = stage.caller('support-bot');
    const asked = await agent.ask(readAsk());
    expect(asked).toMatchObject({
      status: 201,
      body: {
        status: 'approved',
        approval: null,
        policy: { outcome: 'allow', determining: ['reads'] },
        grant: { status: 'ready' },
        continuation: { grant_type: 'urn:ietf:params:oauth:grant-type:deferred', interval: 2 },
      },
    });
    const redeemed = await agent.redeem(asked.body.continuation.deferral_code as string);
    expect(redeemed).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', scope: 'payment.read', expires_in: 300, grant_id: asked.body.grant.id },
    });
    const story = await stage.caller('auditor-tool').get(`/v1/grants/${asked.body.grant.id}`);
    expect(story.body).toMatchObject({
      votes: [],
      policy: { outcome: 'allow', facts: { granted_last_hour: expect.anything() } },
    });
  });

  it('is denied with the policy’s own words and without a continuation', async () => {
    const asked = await stage.caller('support-bot').ask(askFor('ledger.drop'));
    expect(asked).toMatchObject({
      status: 201,
      body: {
        status: 'denied',
        denial: { by: 'policy', reason: 'Nobody drops a ledger.', next: { action: 'none' } },
        grant: null,
      },
    });
    expect(asked.body.continuation).toBeUndefined();
  });

  it('is denied with the next legal step: a ticket, or less', async () => {
    const agent = stage.caller('support-bot');
    expect((await agent.ask(askFor('payment.annotate', {}, { payment: 'p1' }))).body.denial.next.action).toBe(
      'add_ticket',
    );
    expect(
      (await agent.ask(askFor('payment.annotate', { task: { id: 'r', ticket: 'OPS-1' } }, { payment: 'p1' }))).body
        .status,
    ).toBe('approved');
    const partly = await agent.ask({
      ...readAsk(),
      authorization_details: [
        { type: 'tool_call', actions: ['payment.read'] },
        { type: 'tool_call', actions: ['quick.ask'] },
      ],
    });
    expect(partly.body.denial).toMatchObject({
      code: 'no_matching_policy',
      next: { action: 'ask_less', largest_allowed: [{ type: 'tool_call', actions: ['payment.read'] }] },
    });
    const largest_allowed = [{ type: 'tool_call', actions: ['payment.read'] }];
    for (const [action, reason] of [
      ['ledger.burn', 'Part of this request is not allowed.'],
      ['ledger.drop', 'Nobody drops a ledger.'],
    ] as const) {
      const details = [{ type: 'tool_call', actions: ['payment.read', action] }];
      const { denial } = (await agent.ask({ ...readAsk(), authorization_details: details })).body;
      expect(denial).toMatchObject({ code: 'policy_denied', reason, next: { action: 'ask_less', largest_allowed } });
    }
  });

  it('is denied when those who could approve are too few without the owner', async () => {
    expect((await stage.caller('rival-bot').ask(askFor('vault.open'))).body).toMatchObject({
      status: 'denied',
      denial: { by: 'policy', code: 'no_eligible_approvers', next: { action: 'contact_owner' } },
    });
    expect((await stage.caller('support-bot').ask(askFor('vault.open'))).body.status).toBe('pending');
  });
});

describe('a dry run', () => {
  it('answers what would happen and leaves only a line in the audit log', async () => {
    const agent = stage.caller('support-bot');
    // The card of the ask before is posted meanwhile, which has its thread told.
    const rows = async () =>
      (
        await stage.world.database.pool.query(
          'select (select count(*) from "escalations") as e, (select count(*) from "grants") as g, (select count(*) from "outbox" where "topic" <> \'card.thread\') as o',
        )
      ).rows;
    const before = await rows();
    expect(await agent.post('/v1/escalations/evaluate', refundAsk())).toMatchObject({
      status: 200,
      body: { outcome: 'require_approval', determining: ['refunds'], largest_allowed: { ttl: 200, max_uses: 1 } },
    });
    expect((await agent.post('/v1/escalations/evaluate', readAsk())).body).toMatchObject({
      outcome: 'allow',
      determining: ['reads'],
    });
    expect((await agent.post('/v1/escalations/evaluate', askFor('ledger.drop'))).body).toMatchObject({
      outcome: 'deny',
      determining: ['no-drops'],
      largest_allowed: null,
    });
    expect(await rows()).toEqual(before);
    const events = await stage
      .caller('auditor-tool')
      .get('/v1/audit/events?agent=support-bot&type=escalation.evaluated');
    expect(events.body.items).toHaveLength(3);
  });

  it('knows that too few may approve, and so does the list of what may be requested', async () => {
    const outcomes = async (id: string): Promise<unknown[]> => {
      const agent = stage.caller(id);
      const { body } = await agent.post('/v1/escalations/evaluate', askFor('vault.open'));
      const [payments] = (await agent.get('/v1/requestable')).body.items as { actions: { action: string }[] }[];
      return [body, payments?.actions.find(({ action }) => action === 'vault.open')];
    };
    expect(await outcomes('rival-bot')).toEqual([
      { outcome: 'deny', determining: ['vault'], largest_allowed: null },
      expect.objectContaining({ outcome: 'deny' }),
    ]);
    expect(await outcomes('support-bot')).toEqual([
      expect.objectContaining({ outcome: 'require_approval', largest_allowed: expect.anything() }),
      expect.objectContaining({ outcome: 'require_approval' }),
    ]);
  });

  it('knows the same asks as a real one', async () => {
    const agent = stage.caller('support-bot');
    for (const path of ['/v1/escalations', '/v1/escalations/evaluate']) {
      expect(await agent.post(path, askFor('unknown.action'))).toMatchObject({
        status: 422,
        body: { code: 'not_requestable' },
      });
      expect(await agent.post(path, { ...readAsk(), resource: 'https://nowhere.example' })).toMatchObject({
        status: 422,
        body: { code: 'not_requestable' },
      });
      expect(await agent.post(path, askFor('refund.create', {}, { order: '1', extra: true }))).toMatchObject({
        status: 400,
        body: { code: 'invalid_authorization_details' },
      });
    }
  });
});

describe('what may be requested', () => {
  it('is listed with schemas and outcomes, and without what no permit names', async () => {
    const { items } = (await stage.caller('support-bot').get('/v1/requestable')).body;
    expect(items).toHaveLength(1);
    const actions = Object.fromEntries(
      (items[0].actions as { action: string }[]).map((action) => [action.action, action]),
    );
    expect(actions['payment.read']).toMatchObject({ risk: 'low', outcome: 'allow', arguments: null });
    expect(actions['refund.create']).toMatchObject({
      risk: 'high',
      outcome: 'require_approval',
      arguments: { required: ['order'] },
    });
    expect(actions['payment.annotate']).toMatchObject({ outcome: 'deny' }); // with a ticket it would be allowed
    expect(actions['ledger.drop']).toBeUndefined();
  });
});

describe('a long poll', () => {
  const pending = async () => created(await stage.caller('support-bot').ask(refundAsk()), 202);

  it('answers when the time is up, with what it waited', async () => {
    const asked = await pending();
    const from = performance.now();
    const seen = await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`, { prefer: 'wait=1' });
    expect(performance.now() - from).toBeGreaterThan(950);
    expect(seen).toMatchObject({ status: 200, body: { status: 'pending' } });
    expect(seen.headers.get('preference-applied')).toBe('wait=1');
  });

  /** Starts a poll and returns once it waits. Our own probe may take its place first: then it is sent again. */
  async function startPoll(path: string, prefer: string, signal?: AbortSignal): Promise<{ answer: Promise<Answer> }> {
    const agent = stage.caller('support-bot');
    for (;;) {
      let refused = false;
      const answer = (async () => {
        const authorization = `Bearer ${await agent.assertion()}`;
        const response = await fetch(stage.broker.issuer + path, {
          headers: { authorization, prefer },
          signal: signal ?? null,
        });
        refused = response.status === 429;
        return answerOf(response);
      })();
      answer.catch(() => undefined);
      await until(
        'the poll waits',
        async () => refused || (await agent.get(path, { prefer: 'wait=0' })).status === 429,
      );
      if (!refused) return { answer };
    }
  }

  it('answers at the decision and again at the end of the grant, clamped to 20 seconds', async () => {
    const agent = stage.caller('support-bot');
    const asked = await pending();
    const path = `/v1/escalations/${asked.id}`;
    const deciding = await startPoll(path, 'respond-async, wait=600');
    await (await stage.person('bob')).decide(asked, 'approve');
    const decided = await deciding.answer;
    expect(decided.headers.get('preference-applied')).toBe('wait=20');
    expect(decided.body).toMatchObject({ status: 'approved', grant: { status: 'ready' } });

    // A ready grant waits for this very agent: nothing to wait for.
    expect((await agent.get(path, { prefer: 'wait=20' })).body.grant.status).toBe('ready');
    await agent.redeem(asked.continuation.deferral_code);
    const ending = await startPoll(path, 'wait=20');
    await stage.caller('ops-cli').post(`/v1/grants/${decided.body.grant.id}/revoke`, { reason: 'Enough.' });
    expect((await ending.answer).body.grant.status).toBe('revoked');
  });

  it('is one at a time for a request; plain reads go on, and who leaves makes room for the next', async () => {
    const agent = stage.caller('support-bot');
    const path = `/v1/escalations/${(await pending()).id}`;
    const leaving = new AbortController();
    const left = await startPoll(path, 'wait=20', leaving.signal);
    const second = await agent.get(path, { prefer: 'wait=5' });
    expect(second).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await agent.get(path)).status).toBe(200);
    leaving.abort();
    await expect(left.answer).rejects.toThrow(/abort/i);
    await until('there is room', async () => (await agent.get(path, { prefer: 'wait=0' })).status === 200);
  });
});

describe('a lost answer of the token endpoint', () => {
  it('is fetched again under the same key: the same token by another signature', async () => {
    const agent = stage.caller('support-bot');
    const ready = await approvedRefund(stage);
    const claims = (jwt: unknown) =>
      JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    const first = await agent.redeem(ready.code, { 'idempotency-key': 'once' });
    const again = await agent.redeem(ready.code, { 'idempotency-key': 'once' });
    expect(again.status).toBe(200);
    expect(claims(again.body.access_token)).toEqual(claims(first.body.access_token));
    expect((await agent.redeem(ready.code, { 'idempotency-key': 'twice' })).body.error).toBe('invalid_grant');
    expect((await agent.redeem(ready.code)).body.error).toBe('invalid_grant');
    expect((await stage.caller('rival-bot').redeem(ready.code, { 'idempotency-key': 'once' })).body.error).toBe(
      'invalid_grant',
    );
    await agent.post(`/v1/grants/${ready.grant}/complete`, { outcome: 'failed' });
    expect((await agent.redeem(ready.code, { 'idempotency-key': 'once' })).body.error).toBe('invalid_grant');
  });
});
