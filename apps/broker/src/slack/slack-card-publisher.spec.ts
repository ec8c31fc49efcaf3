import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SlackGateway } from '#slack/slack-gateway.js';
import { CardModelLoader } from './card-model.js';
import { SlackCardPublisher } from './slack-card-publisher.js';
import { CardsInMemory, ESCALATION_ID, GatewayInMemory, RowsInMemory } from './testing/desk.fixture.js';

let rows: RowsInMemory;
let cards: CardsInMemory;
let gateway: GatewayInMemory;
let publisher: SlackCardPublisher;

beforeEach(() => {
  rows = new RowsInMemory();
  cards = new CardsInMemory();
  cards.card = null;
  gateway = new GatewayInMemory();
  const models = new CardModelLoader(rows.readEscalation(), rows.registry, rows.reader);
  publisher = new SlackCardPublisher(cards, gateway as unknown as SlackGateway, models, rows.unitOfWork, rows.reader);
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
    expect(await publisher.publish(ESCALATION_ID)).toEqual(wait);
    expect(rows.history).toMatchObject([{ type: 'card.failed', data: { ts: null, error: 'internal_error' } }]);
    gateway.postAnswer = { kind: 'ok', ts: '1700000009.000100' };
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
});
