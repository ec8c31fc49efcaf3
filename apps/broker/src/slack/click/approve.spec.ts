import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SlackClick } from '#slack/receive/clicks.js';
import type { SlackActions } from './slack-actions.js';
import { ActionsInMemory, ALICE, BOB, CAROL, ERIN, NOBODY } from '../testing/actions.fixture.js';
import { CARD, clickBy, ESCALATION_ID } from '../testing/rows-in-memory.fixture.js';

let desk: ActionsInMemory;
let actions: SlackActions;

beforeEach(() => {
  desk = new ActionsInMemory();
  actions = desk.actions;
});

const nothingCounted = () => expect(desk.counted()).toEqual([[], 'pending']);

describe('a click on Approve', () => {
  it('is a vote on the digest that the card shows, and says nothing more', async () => {
    await actions.approve(clickBy(BOB));
    expect(desk.rows.votes).toMatchObject([{ person: 'bob', verdict: 'approve', digest: CARD.digest, via: 'slack' }]);
    expect(desk.gateway.said).toEqual([]);
    expect(desk.rows.outbox).toEqual([{ topic: 'card.publish', payload: { id: ESCALATION_ID } }]);
  });

  it('settles with the last distinct person', async () => {
    await actions.approve(clickBy(BOB));
    await actions.approve(clickBy(CAROL));
    expect(desk.rows.row.status).toBe('approved');
    expect(desk.rows.told()).toContain('grant.ready');
  });

  it('is one vote when it comes twice', async () => {
    await Promise.all([actions.approve(clickBy(BOB)), actions.approve(clickBy(BOB))]);
    expect(desk.rows.votes).toHaveLength(1);
    expect(desk.rows.row.status).toBe('pending');
    expect(desk.gateway.said).toEqual([]);
  });

  it.each([
    ['another channel', { channelId: 'C0666' }],
    ['another message', { messageTs: '1700000000.000200' }],
    ['another workspace', { teamId: 'T0666' }],
    ['another app', { apiAppId: 'A0666' }],
  ])('counts for nothing from %s, and is recorded', async (_, changes: Partial<SlackClick>) => {
    await actions.approve(clickBy(BOB, changes));
    nothingCounted();
    expect(desk.said()).toContain('did not come from where the request was posted');
    expect(desk.gateway.said[0]).toMatchObject({ user: BOB, channel: changes.channelId ?? CARD.channel });
    expect(desk.rows.history).toMatchObject([
      { type: 'vote.refused', actor: { kind: 'system' }, data: { code: 'foreign_click', slack_user: BOB } },
    ]);
  });

  it('on a second copy of the card takes the buttons off that copy, and off nothing else', async () => {
    await actions.approve(clickBy(BOB, { messageTs: '1700000000.000200' }));
    nothingCounted();
    expect(desk.gateway.rewritten).toMatchObject([
      { channel: CARD.channel, ts: '1700000000.000200', text: expect.stringContaining('not in use') },
    ]);
    await actions.approve(clickBy(BOB, { channelId: 'C0666' }));
    await actions.approve(clickBy(BOB, { teamId: 'T0666', messageTs: '1700000000.000200' }));
    expect(desk.gateway.rewritten).toHaveLength(1);
  });

  it('on the card of another request leaves that card as it is', async () => {
    desk.cards.others.add('1700000000.000200');
    await actions.approve(clickBy(BOB, { messageTs: '1700000000.000200' }));
    expect(desk.gateway.rewritten).toEqual([]);
    nothingCounted();
  });

  it('on an unknown card is refused aloud', async () => {
    await actions.approve(clickBy(BOB, { cardId: 'card-of-nobody' }));
    nothingCounted();
    expect(desk.said()).toContain('does not know this message');
    expect(desk.rows.history).toEqual([]);
  });

  it('by an account that is bound to nobody is refused and recorded under that account', async () => {
    await actions.approve(clickBy(NOBODY));
    nothingCounted();
    expect(desk.said()).toContain('not linked to a person');
    expect(desk.rows.history[0]?.data).toEqual({
      verdict: 'approve',
      via: 'slack',
      code: 'not_bound',
      slack_team: 'T0001',
      slack_user: NOBODY,
    });
  });

  it('by an account that is bound to two people is refused', async () => {
    const [alice, ...others] = desk.rows.catalog.people;
    const twin = { ...alice, id: 'twin', slack: [{ team: 'T0001', user: BOB }] } as (typeof others)[number];
    desk.rows.catalog = { ...desk.rows.catalog, people: [twin, ...others] };
    await actions.approve(clickBy(BOB));
    nothingCounted();
    expect(desk.said()).toContain('not linked to a person');
  });

  it.each([
    ['the owner of the agent', ALICE, 'you own this agent'],
    ['someone without the role', ERIN, 'approver role'],
  ])('by %s is refused with the reason', async (_, user, reason) => {
    await actions.approve(clickBy(user));
    nothingCounted();
    expect(desk.said()).toContain(reason);
    expect(desk.rows.told()).toEqual(['vote.refused']);
  });

  it('by an account that Slack calls a guest is refused and recorded', async () => {
    desk.gateway.standing = { kind: 'refused', reason: 'guest' };
    await actions.approve(clickBy(BOB));
    nothingCounted();
    expect(desk.said()).toContain('guest accounts cannot decide');
    expect(desk.rows.history).toMatchObject([
      { type: 'vote.refused', actor: { kind: 'person', id: 'bob' }, data: { code: 'standing', reason: 'guest' } },
    ]);
  });

  it('changes nothing while Slack cannot tell about the account, and asks to try again', async () => {
    desk.gateway.standing = { kind: 'unavailable', error: 'internal_error', maybeDone: true };
    await actions.approve(clickBy(BOB));
    nothingCounted();
    expect(desk.rows.history).toEqual([]);
    expect(desk.said()).toContain('Please try again');
  });

  it('on a decided request names the true state and has the card rewritten', async () => {
    desk.rows.row = { ...desk.rows.row, status: 'denied', version: 2 };
    await actions.approve(clickBy(BOB));
    expect(desk.rows.votes).toEqual([]);
    expect(desk.said()).toContain('already denied');
    expect(desk.rows.outbox).toEqual([{ topic: 'card.publish', payload: { id: ESCALATION_ID } }]);
  });

  it('on a decided request whose card is on record as showing that has it rewritten all the same', async () => {
    desk.rows.row = { ...desk.rows.row, status: 'denied', version: 2 };
    desk.cards.card = { ...CARD, version: 2 };
    await actions.approve(clickBy(BOB));
    expect(desk.cards.card).toMatchObject({ version: 0 });
  });

  it('past the deadline is told that the request lapsed', async () => {
    desk.rows.now = desk.rows.row.deadline;
    await actions.approve(clickBy(BOB));
    expect(desk.rows.votes).toEqual([]);
    expect(desk.said()).toContain('lapsed');
  });

  it('on a card that shows another digest is refused', async () => {
    desk.cards.card = { ...CARD, digest: `sha256:${'0'.repeat(64)}` };
    await actions.approve(clickBy(BOB));
    nothingCounted();
    expect(desk.said()).toContain('no longer shows the request as it is');
  });

  it('waits for the record of a message that Slack shows already', async () => {
    desk.cards.card = { ...CARD, ts: null };
    desk.duringPause = () => void (desk.cards.card = CARD);
    await actions.approve(clickBy(BOB));
    expect(desk.rows.votes).toHaveLength(1);
  });

  it('on a message that never came on record is refused after a bounded wait', async () => {
    desk.cards.card = { ...CARD, ts: null };
    await actions.approve(clickBy(BOB));
    nothingCounted();
    expect(desk.pauses).toBeLessThan(10);
    expect(desk.said()).toContain('did not come from where');
  });

  it('is answered even when the broker fails, without a claim about the vote', async () => {
    desk.rows.failure = new Error('no connection');
    await expect(actions.approve(clickBy(BOB))).rejects.toThrow('no connection');
    expect(desk.said()).toContain('If your decision was counted');
  });
});
