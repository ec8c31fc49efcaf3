import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SlackGateway } from '#slack/send/slack-gateway.js';
import { DuplicateGroups, type DuplicateGroup } from '#escalations/ask/ask-ledger.js';
import { CardsOfDuplicates } from './cards-of-duplicates.js';
import { SlackCardPublisher } from './slack-card-publisher.js';
import { cardStoresOver, unfinishedOver } from '../testing/card-stores.fixture.js';
import { CardsInMemory, ESCALATION_ID, RowsInMemory } from '../testing/rows-in-memory.fixture.js';
import { GatewayInMemory } from '../testing/slack.fixture.js';

let rows: RowsInMemory;
let cards: CardsInMemory;
let gateway: GatewayInMemory;
let groups: GroupsInMemory;
let publisher: SlackCardPublisher;

/** One group that a test may set; alone unless told otherwise. */
class GroupsInMemory extends DuplicateGroups {
  group: DuplicateGroup = { head: ESCALATION_ID, behind: [], changes: 0 };
  override of(id: string): Promise<DuplicateGroup | null> {
    return Promise.resolve(id === ESCALATION_ID ? this.group : null);
  }
}

beforeEach(() => {
  rows = new RowsInMemory();
  cards = new CardsInMemory(rows);
  cards.card = null;
  gateway = new GatewayInMemory();
  groups = new GroupsInMemory();
  const folded = new CardsOfDuplicates(rows.cardModels(), groups);
  publisher = new SlackCardPublisher(
    cards,
    cardStoresOver(cards).turns,
    gateway as unknown as SlackGateway,
    folded,
    unfinishedOver(cards, rows),
  );
});

describe('publishing the cards of an escalation', () => {
  it('tells the history of a posted card, once', async () => {
    expect(await publisher.publish(ESCALATION_ID)).toBe('done');
    expect(await publisher.publish(ESCALATION_ID)).toBe('done');
    expect(rows.history).toMatchObject([
      {
        type: 'card.posted',
        escalation: ESCALATION_ID,
        agent: 'support-bot',
        data: { channel: 'C0001', ts: '1700000009.000100', version: 1 },
      },
    ]);
  });

  it('has the thread of a new card told, and tells of each post once, whatever fails in between', async () => {
    rows.failure = new Error('Connection terminated');
    await expect(publisher.publish(ESCALATION_ID)).rejects.toThrow('terminated');
    rows.failure = null;
    cards.pass(60);
    expect(await publisher.publish(ESCALATION_ID)).toBe('done');
    expect(rows.told()).toEqual(['card.posted']);
    expect(rows.outbox).toEqual([{ topic: 'card.thread', payload: { id: ESCALATION_ID } }]);
  });

  it('tells the history of a rewritten card with the version it shows', async () => {
    await publisher.publish(ESCALATION_ID);
    rows.row = { ...rows.row, status: 'denied', version: 2 };
    await publisher.publish(ESCALATION_ID);
    expect(rows.history[1]).toMatchObject({ type: 'card.updated', data: { version: 2 } });
  });

  it('asks to be called again while Slack is away, and says so once', async () => {
    gateway.postAnswer = { kind: 'unavailable', error: 'internal_error', maybeDone: false };
    const wait = { retryAfterSeconds: expect.any(Number) };
    expect(await publisher.publish(ESCALATION_ID)).toEqual(wait);
    cards.pass(60);
    expect(await publisher.publish(ESCALATION_ID)).toEqual(wait);
    expect(rows.history).toMatchObject([{ type: 'card.failed', data: { ts: null, error: 'internal_error' } }]);
    gateway.postAnswer = { kind: 'ok', ts: '1700000009.000100' };
    cards.pass(60);
    expect(await publisher.publish(ESCALATION_ID)).toBe('done');
    expect(rows.told()).toEqual(['card.failed', 'card.posted']);
  });

  it('waits as long as Slack says', async () => {
    gateway.postAnswer = { kind: 'rate_limited', retryAfterSeconds: 30 };
    expect(await publisher.publish(ESCALATION_ID)).toEqual({ retryAfterSeconds: 30 });
  });

  it('has nothing to do for an unknown escalation', async () => {
    expect(await publisher.publish('esc_unknown')).toBe('done');
    expect(rows.history).toEqual([]);
  });

  it('posts no card while an identical request has one, and one when its turn comes', async () => {
    groups.group = { head: 'esc_01KAMZ0000000000000000000B', behind: [], changes: 0 };
    await publisher.publish(ESCALATION_ID);
    expect(rows.told()).toEqual([]);
    groups.group = { head: ESCALATION_ID, behind: [], changes: 0 };
    await publisher.publish(ESCALATION_ID);
    expect(rows.told()).toEqual(['card.posted']);
  });

  it('rewrites the card when another identical request comes to stand behind it', async () => {
    await publisher.publish(ESCALATION_ID);
    groups.group = { head: ESCALATION_ID, behind: ['esc_01KAMZ0000000000000000000B'], changes: 1 };
    await publisher.publish(ESCALATION_ID);
    expect(rows.history[1]).toMatchObject({ type: 'card.updated', data: { version: 1 } });
    expect(cards.card).toMatchObject({ version: 1, minor: 1 });
  });

  it('shows the decision though fewer identical requests count before it than were seen while it was being written', async () => {
    groups.group = { head: ESCALATION_ID, behind: [], changes: 9 };
    await publisher.publish(ESCALATION_ID);
    rows.row = { ...rows.row, status: 'denied', version: 2 };
    groups.group = { head: null, behind: [], changes: 5 };
    await publisher.publish(ESCALATION_ID);
    expect(rows.told()).toEqual(['card.posted', 'card.updated']);
    expect(cards.card).toMatchObject({ version: 2 });
  });
});
