import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { STEP_UP_POLICIES } from '../../harness/actors/passkeys.js';
import type { Card } from '../../harness/actors/person.js';
import { clickPayload } from '../../harness/actors/slack-delivery.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Told extends Card {
  readonly ephemeral_to?: string;
}

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(undefined, { policies: STEP_UP_POLICIES });
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

describe('the card of a request whose approval is to be signed', () => {
  it('leads to the console, and a click that approves all the same is refused aloud and counts nothing', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk('8812')), 202);
    const card = await stage.slack.card(asked.id);
    const link = `${stage.broker.issuer}/escalations/${asked.id}`;
    expect(JSON.stringify(card.blocks)).toContain(`"url":"${link}"`);
    expect(JSON.stringify(card.blocks)).toContain('Approve with a passkey');
    expect(JSON.stringify(card.blocks)).not.toContain('"action_id":"writ_approve"');

    const click = clickPayload(stage.broker, card, 'U0002', 'writ_deny');
    const [button] = click['actions'] as Record<string, unknown>[];
    await stage.slack.call('deliver', {
      payload: { ...click, actions: [{ ...button, action_id: 'writ_approve' }] },
    });
    const said = await until('bob is told', async () =>
      ((await stage.slack.messages()) as Told[]).find((message) => message.ephemeral_to === 'U0002'),
    );
    expect(said.text).toContain('approved in the console, not in Slack');
    expect(said.text).toContain(link);
    const { body: seen } = await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`);
    expect(seen).toMatchObject({ status: 'pending', approval: { groups: [{ id: 'oncall', approved: 0 }] } });
  });

  it('still denies', async () => {
    const asked = created(await stage.caller('support-bot').ask(refundAsk('8813')), 202);
    const card = await stage.slack.card(asked.id);
    expect(JSON.stringify(card.blocks)).toContain('"action_id":"writ_deny"');
    expect(await (await stage.person('bob')).decide(asked, 'deny')).toMatchObject({ status: 200 });
  });
});
