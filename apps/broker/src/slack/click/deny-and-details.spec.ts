import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SlackActions } from './slack-actions.js';
import { ActionsInMemory, ALICE, BOB, CAROL, DAVE, ERIN, NOBODY } from '../testing/actions.fixture.js';
import { CARD, clickBy, denialBy } from '../testing/rows-in-memory.fixture.js';

let desk: ActionsInMemory;
let actions: SlackActions;

beforeEach(() => {
  desk = new ActionsInMemory();
  actions = desk.actions;
});

const nothingCounted = () => expect(desk.counted()).toEqual([[], 'pending']);

describe('a click on Deny', () => {
  it('opens the modal for the reason and decides nothing', async () => {
    await actions.openDeny(clickBy(BOB));
    expect(desk.gateway.modals).toMatchObject([{ callback_id: 'writ_deny_modal', private_metadata: CARD.cardId }]);
    nothingCounted();
  });

  it.each([
    ['the owner of the agent', ALICE, 'you own this agent'],
    ['someone without the role', ERIN, 'approver role'],
    ['an account bound to nobody', NOBODY, 'not linked to a person'],
  ])('by %s opens nothing and is recorded', async (_, user, reason) => {
    await actions.openDeny(clickBy(user));
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.said()).toContain(reason);
    expect(desk.rows.history).toMatchObject([{ type: 'vote.refused', data: { verdict: 'deny', via: 'slack' } }]);
  });

  it('after one’s own approval is told that a vote does not change', async () => {
    await actions.approve(clickBy(BOB));
    await actions.openDeny(clickBy(BOB));
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.said()).toContain('already voted');
  });

  it('after one’s own approval was ended by a kill switch is told that, as by the decision itself', async () => {
    await actions.approve(clickBy(BOB));
    desk.rows.endApprovalsOf('bob');
    await actions.approve(clickBy(BOB));
    await actions.openDeny(clickBy(BOB));
    await desk.submitDeny(denialBy(BOB));
    const sentence = expect.stringContaining('A kill switch ended your approval of this request');
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.gateway.said).toMatchObject([{ text: sentence }, { text: sentence }, { text: sentence }]);
    expect(desk.answered).toEqual([{ reason: sentence }]);
    const why = { code: 'already_voted', ended_by: 'kill_switch' };
    expect(desk.rows.history.filter(({ type }) => type === 'vote.refused')).toMatchObject([
      { data: why },
      { data: why },
      { data: why },
    ]);
  });

  it('on a decided request names the true state', async () => {
    desk.rows.row = { ...desk.rows.row, status: 'cancelled' };
    await actions.openDeny(clickBy(BOB));
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.said()).toContain('cancelled');
  });

  it('says so when Slack does not open the modal', async () => {
    desk.gateway.modalAnswer = { kind: 'gone', error: 'expired_trigger_id' };
    await actions.openDeny(clickBy(BOB));
    expect(desk.said()).toContain('did not open the window');
  });
});

describe('a submitted denial', () => {
  it('denies with its reason', async () => {
    await desk.submitDeny(denialBy(BOB));
    expect(desk.rows.row).toMatchObject({ status: 'denied', denial: { by: 'person', reason: 'Wrong order.' } });
    expect([desk.answered, desk.gateway.said]).toEqual([[null], []]);
  });

  it('outweighs an approval that was given before', async () => {
    await actions.approve(clickBy(CAROL));
    await desk.submitDeny(denialBy(BOB));
    expect(desk.rows.row.status).toBe('denied');
  });

  it('after the request was decided stays open, and is told the true state in the channel of the card', async () => {
    desk.rows.row = { ...desk.rows.row, status: 'approved' };
    await desk.submitDeny(denialBy(BOB));
    expect(desk.rows.votes).toEqual([]);
    expect(desk.gateway.said).toMatchObject([{ channel: CARD.channel, user: BOB }]);
    expect(desk.said()).toContain('already approved');
    expect(desk.answered).toEqual([{ reason: 'This request is already approved. Nothing was counted.' }]);
  });

  it.each([
    ['someone who may not decide', { userId: ALICE }, 'you own this agent'],
    ['an account bound to nobody', { userId: NOBODY }, 'not linked to a person'],
    ['another workspace', { teamId: 'T0666' }, 'did not come from where'],
    ['another app', { apiAppId: 'A0666' }, 'did not come from where'],
  ])('is judged afresh: from %s it counts for nothing', async (_, changes, reason) => {
    await desk.submitDeny(denialBy(BOB, changes));
    nothingCounted();
    expect(desk.said()).toContain(reason);
    expect(desk.answered).toEqual([{ reason: expect.stringContaining(reason) }]);
    expect(desk.rows.told()).toEqual(['vote.refused']);
  });

  it('of a modal for an unknown card says so in the modal, and does nothing', async () => {
    await desk.submitDeny(denialBy(BOB, { cardId: 'card-of-nobody' }));
    nothingCounted();
    expect(desk.gateway.said).toEqual([]);
    expect(desk.answered).toEqual([{ reason: 'Writ does not know this message. Nothing was counted.' }]);
  });

  it('changes nothing while Slack cannot tell about the account', async () => {
    desk.gateway.standing = { kind: 'rate_limited', retryAfterSeconds: 30 };
    await desk.submitDeny(denialBy(BOB));
    nothingCounted();
    expect(desk.said()).toContain('Please try again');
    expect(desk.answered).toEqual([{ reason: expect.stringContaining('could not confirm your account') }]);
    expect(desk.rows.history).toEqual([]);
  });

  it('of an account that Slack speaks against stays open, and is told and recorded', async () => {
    desk.gateway.standing = { kind: 'refused', reason: 'guest' };
    await desk.submitDeny(denialBy(BOB));
    nothingCounted();
    expect(desk.answered).toEqual([{ reason: expect.stringContaining('guest accounts cannot decide') }]);
    expect(desk.said()).toContain('guest accounts');
    expect(desk.rows.history).toMatchObject([{ type: 'vote.refused', data: { verdict: 'deny', code: 'standing' } }]);
  });

  it('is answered in time while Slack hangs, and is not counted when Slack comes round', async () => {
    desk = new ActionsInMemory(20);
    let comesRound: (account: { kind: 'ok' }) => void = () => undefined;
    desk.gateway.accountStatus = () => new Promise((resolve) => (comesRound = resolve));
    await desk.submitDeny(denialBy(BOB));
    expect(desk.answered).toEqual([{ reason: expect.stringContaining('could not confirm your account') }]);
    expect(desk.said()).toContain('Please try again');
    comesRound({ kind: 'ok' });
    await new Promise((resolve) => setImmediate(resolve));
    nothingCounted();
  });

  it('stays open when the store fails before it is cast, and the failure goes to the log', async () => {
    desk.cards.byId = () => Promise.reject(new Error('down'));
    await expect(desk.submitDeny(denialBy(BOB))).rejects.toThrow('down');
    expect(desk.answered).toEqual([{ reason: expect.stringContaining('Please try again in a moment') }]);
  });
});

describe('a click on Details', () => {
  it.each([
    ['an approver', BOB],
    ['an auditor', DAVE],
  ])('shows %s the whole request', async (_, user) => {
    await actions.openDetails(clickBy(user));
    expect(desk.gateway.modals).toMatchObject([{ callback_id: 'writ_details_modal' }]);
    expect(JSON.stringify(desk.gateway.modals)).toContain(CARD.digest);
  });

  it.each([
    ['a person without a part in it', ERIN, 'no such request for you'],
    ['an account bound to nobody', NOBODY, 'not linked to a person'],
  ])('shows %s nothing', async (_, user, reason) => {
    await actions.openDetails(clickBy(user));
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.said()).toContain(reason);
    expect(desk.rows.history).toEqual([]);
  });

  it('from another channel shows nothing', async () => {
    await actions.openDetails(clickBy(BOB, { channelId: 'C0666' }));
    expect(desk.gateway.modals).toEqual([]);
    expect(desk.said()).toContain('did not come from where');
  });
});

it('nothing that was said or logged names a trigger or a digest', async () => {
  await actions.approve(clickBy(NOBODY));
  await actions.openDeny(clickBy(ERIN));
  expect([...desk.logged, desk.said()].join('\n')).not.toMatch(/1\.2\.x|sha256/);
});
