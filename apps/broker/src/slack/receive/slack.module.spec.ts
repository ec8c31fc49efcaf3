import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { CardPublisher } from '#delivery/ports.js';
import { SlackGateway } from '#slack/send/slack-gateway.js';
import { NoCards } from '../cards/no-cards.js';
import { SlackCardPublisher } from '../cards/slack-card-publisher.js';
import { SlackDeliveryDoor } from './slack-delivery-door.js';
import { cardPublishing, slackReceiver, type SlackPart } from '../../wiring/slack.module.js';
import { CARD, RowsInMemory } from '../testing/rows-in-memory.fixture.js';
import { openSlackApplication } from '../testing/slack-application.fixture.js';
import { GatewayInMemory } from '../testing/slack.fixture.js';

const CONNECTION = {
  botToken: 'xoxb-1',
  signingSecret: 'a'.repeat(32),
  appId: 'A0001',
  teamId: 'T0001',
  botId: 'B0001',
  botUserId: 'U0009',
  appToken: null,
  apiUrl: 'http://127.0.0.1:9/api/',
};

const open = (...parts: SlackPart[]) => openSlackApplication(new RowsInMemory(), parts);

/** A click on Approve by bob as Slack delivers it, signed now. */
function signedClick() {
  const payload = {
    type: 'block_actions',
    user: { id: 'U0002', team_id: 'T0001' },
    api_app_id: 'A0001',
    container: { type: 'message', message_ts: CARD.ts, channel_id: CARD.channel },
    trigger_id: '1.2.x',
    team: { id: 'T0001' },
    channel: { id: CARD.channel },
    actions: [{ type: 'button', action_id: 'writ_approve', block_id: 'b', value: CARD.cardId }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const stamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', CONNECTION.signingSecret).update(`v0:${stamp}:${body}`).digest('hex');
  return {
    rawBody: Buffer.from(body),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': stamp,
      'x-slack-signature': `v0=${signature}`,
    },
  };
}

describe('the Slack part of a process', () => {
  it('holds both sides without a call to Slack at boot', async () => {
    const context = await open(slackReceiver(CONNECTION), cardPublishing(CONNECTION));
    expect(context.get(SlackDeliveryDoor)).toBeInstanceOf(SlackDeliveryDoor);
    expect(context.get(CardPublisher)).toBeInstanceOf(SlackCardPublisher);
    await context.close();
  });

  it('holds either side alone', async () => {
    const receiver = await open(slackReceiver(CONNECTION));
    expect(() => receiver.get(CardPublisher)).toThrow();
    const worker = await open(cardPublishing(CONNECTION));
    expect(() => worker.get(SlackDeliveryDoor)).toThrow();
    await Promise.all([receiver.close(), worker.close()]);
  });

  it('takes a signed click from the door to the vote', async () => {
    const rows = new RowsInMemory();
    const slack = { provide: SlackGateway, useValue: new GatewayInMemory() };
    const context = await openSlackApplication(rows, [
      slackReceiver(CONNECTION),
      { controllers: [], providers: [slack] },
    ]);
    expect(await context.get(SlackDeliveryDoor).take(signedClick())).toEqual({ status: 200 });
    await context.close();
    expect(rows.votes).toMatchObject([{ person: 'bob', verdict: 'approve', digest: CARD.digest, via: 'slack' }]);
  });

  it('with Slack off publishes nothing and receives nothing', async () => {
    expect(slackReceiver(null)).toEqual({ controllers: [], providers: [] });
    const context = await open(cardPublishing(null));
    expect(context.get(CardPublisher)).toBeInstanceOf(NoCards);
    await context.close();
  });
});
