import { beforeEach, describe, expect, it } from '@jest/globals';
import { refuse } from '#domain/refusal.js';
import type { LimitsSubmission } from '#slack/receive/clicks.js';
import type { FormFaults, LimitsForm } from '#slack/views/limits-form.js';
import { ActionsInMemory, BOB, CAROL, ERIN, NOBODY } from '../testing/actions.fixture.js';
import { CARD, clickBy, ESCALATION_ID, PENDING, WORKSPACE } from '../testing/rows-in-memory.fixture.js';

let desk: ActionsInMemory;
let answered: (FormFaults | null)[];

beforeEach(() => {
  desk = new ActionsInMemory();
  answered = [];
});

const FORM: LimitsForm = { ttl: '60', ttlExact: null, uses: null, ticked: new Map([[0, ['0']]]), note: 'Enough.' };

function submitted(user: string, form: Partial<LimitsForm> = {}, cardId = CARD.cardId): Promise<void> {
  const { teamId, appId: apiAppId } = WORKSPACE;
  const submission: LimitsSubmission = {
    cardId,
    teamId,
    apiAppId,
    userId: user,
    viewId: 'V1',
    form: { ...FORM, ...form },
  };
  return desk.forms.submitLimits(submission, async (faults) => void answered.push(faults));
}

const nothingCounted = (): void => expect(desk.counted()).toEqual([[], 'pending']);

describe('approving for less', () => {
  it('opens a form that carries the card alone', async () => {
    await desk.actions.openLimits(clickBy(BOB));
    expect(desk.gateway.modals).toMatchObject([{ callback_id: 'writ_limits_modal', private_metadata: CARD.cardId }]);
  });

  it('is a vote with limits and a note, and answers the form first', async () => {
    await submitted(BOB);
    expect(answered).toEqual([null]);
    expect(desk.rows.votes).toMatchObject([
      { person: 'bob', verdict: 'approve', limits: { ttl: 60 }, reason: 'Enough.' },
    ]);
  });

  it('keeps the form open over what is wrong with it', async () => {
    await submitted(BOB, { ttlExact: '301', ttl: null });
    expect(answered).toMatchObject([{ ttl_exact: expect.any(String) }]);
    nothingCounted();
  });

  it('tells somebody whose approval a kill switch ended so, and opens no form', async () => {
    await submitted(BOB);
    desk.rows.endApprovalsOf('bob');
    await desk.actions.openLimits(clickBy(BOB));
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.said()).toContain('A kill switch ended your approval of this request');
  });

  it('says in the form that the request was decided meanwhile, and records it', async () => {
    desk.rows.row = { ...PENDING, status: 'denied' };
    await submitted(BOB);
    expect(answered).toEqual([{ ttl: 'This request is already denied. Nothing was counted.' }]);
    expect(desk.said()).toContain('already denied');
    expect(desk.rows.history).toMatchObject([{ type: 'vote.refused', data: { code: 'already_decided' } }]);
  });

  it('judges who submits, not who opened', async () => {
    await desk.actions.openLimits(clickBy(BOB));
    await submitted(ERIN);
    expect(answered).toEqual([{ ttl: expect.stringContaining('you do not have the approver role') }]);
    await submitted(NOBODY);
    expect(answered[1]).toEqual({ ttl: expect.stringContaining('not linked to a person') });
    for (const words of ['you do not have the approver role', 'not linked to a person'])
      expect(desk.said()).toContain(words);
    nothingCounted();
  });

  it('asks Slack about the account before the form closes', async () => {
    desk.gateway.standing = { kind: 'refused', reason: 'deactivated' };
    await submitted(BOB);
    expect(answered).toEqual([{ ttl: expect.stringContaining('this Slack account is deactivated') }]);
    expect(desk.said()).toContain('deactivated');
    nothingCounted();
  });

  it('with nothing cut is no approval', async () => {
    await submitted(BOB, { ttl: 'as_asked' });
    expect(answered).toEqual([{ ttl: 'Nothing is cut yet; use Approve for the whole request.' }]);
    nothingCounted();
  });

  it('of an unknown card says so in the form', async () => {
    await submitted(BOB, {}, 'card-of-nobody');
    expect(answered).toEqual([{ ttl: expect.stringContaining('does not know this message') }]);
    nothingCounted();
  });
});

describe('a policy that keeps approvals out of Slack', () => {
  it.each([{ stepUp: 'webauthn' as const }, { slack: 'deny_only' as const }])(
    '%j: refuses Approve and less',
    async (wish) => {
      desk.rows.row = { ...PENDING, policy: { ...PENDING.policy, ...wish } };
      await desk.actions.approve(clickBy(BOB));
      await desk.actions.openLimits(clickBy(BOB));
      await submitted(BOB);
      nothingCounted();
      expect(desk.said()).toContain('approved in the console');
      expect(desk.gateway.modals).toEqual([]);
      await desk.actions.openDeny(clickBy(BOB));
      expect(desk.gateway.modals).toHaveLength(1);
    },
  );
});

describe('a folded card', () => {
  beforeEach(() => {
    desk.rows.row = { ...PENDING, request: { ...PENDING.request, justification: 'x'.repeat(500) } };
  });

  it('counts the approval of who has opened Details, and of nobody else', async () => {
    await desk.actions.openDetails(clickBy(CAROL));
    await desk.actions.approve(clickBy(BOB));
    expect(desk.said()).toContain('Open them first, then approve');
    nothingCounted();
    await desk.actions.approve(clickBy(CAROL));
    expect(desk.rows.votes).toMatchObject([{ person: 'carol' }]);
  });

  it('does not count a Details that Slack did not open', async () => {
    desk.gateway.modalAnswer = { kind: 'gone', error: 'expired_trigger_id' };
    await desk.actions.openDetails(clickBy(BOB));
    await desk.actions.approve(clickBy(BOB));
    nothingCounted();
  });
});

describe('a click on Revoke now', () => {
  it('ends the grant as the person, and says nothing more', async () => {
    await desk.actions.revoke(clickBy(BOB));
    expect(desk.revoked).toEqual([`bob ${ESCALATION_ID}`]);
    expect(desk.gateway.said).toEqual([]);
  });

  it.each([
    ['forbidden', /may not revoke/],
    ['not_found', /may not revoke/],
    ['already_decided', /has ended already/],
  ] as const)('speaks a refusal: %s', async (code, words) => {
    desk.revokes = refuse(code, 'No.');
    await desk.actions.revoke(clickBy(BOB));
    expect(desk.said()).toMatch(words);
  });

  it('asks Slack whether the account is in good standing', async () => {
    desk.gateway.standing = { kind: 'refused', reason: 'guest' };
    await desk.actions.revoke(clickBy(BOB));
    expect(desk.revoked).toEqual([]);
    expect(desk.said()).toContain('guest accounts');
  });
});
