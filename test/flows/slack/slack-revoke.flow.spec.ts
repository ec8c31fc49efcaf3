import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Told extends Card {
  readonly ephemeral_to?: string;
}

let stage: Stage;
let orders = 0;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

/** Asked, approved by bob and collected. */
async function live(): Promise<{ id: string; card: Card; token: string; grant: string }> {
  orders += 1;
  const asked = created(await stage.caller('support-bot').ask(refundAsk(String(orders))), 202);
  const { ts } = await stage.slack.card(asked.id);
  await stage.slack.click('U0002', ts, 'writ_approve');
  await shows(asked.id, /ready/);
  const { access_token, grant_id } = (await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).body;
  const card = await shows(asked.id, /The agent holds it now/);
  return { id: asked.id, card, token: access_token as string, grant: grant_id as string };
}

const shows = (id: string, words: RegExp): Promise<Card> =>
  until(`the card says ${words}`, async () =>
    (await stage.slack.cardsOf(id)).find((card) => words.test(JSON.stringify(card.blocks))),
  );

const active = async (token: string): Promise<boolean> =>
  (await stage.caller('payments-api').introspect(token)).body.active as boolean;

async function told(user: string, act: () => Promise<unknown>): Promise<string> {
  const before = (await stage.slack.messages()).length;
  await act();
  const found = await until(`${user} is told`, async () =>
    ((await stage.slack.messages()) as Told[]).slice(before).find((message) => message.ephemeral_to === user),
  );
  return found.text;
}

describe('Revoke now', () => {
  it('by its approver ends the grant and its token at once, and the card and its thread say so', async () => {
    const { id, card, token, grant } = await live();
    expect(await active(token)).toBe(true);
    await stage.slack.click('U0002', card.ts, 'writ_revoke');
    await until('the token is dead', async () => !(await active(token)));
    const last = await shows(id, /revoked/);
    expect(JSON.stringify(last.blocks)).not.toContain('writ_revoke');
    const { events } = await storyOf(stage, grant);
    expect(events.find((event) => event.type === 'grant.revoked')).toMatchObject({
      actor: { kind: 'person', id: 'bob' },
      data: { end_reason: 'revoked_by_person' },
    });
    await until('the thread says so', async () =>
      (await stage.slack.messages()).some((one) => one.text.startsWith('bob revoked the grant')),
    );
  });

  it('asks first', async () => {
    const { card } = await live();
    expect(JSON.stringify(card.blocks)).toMatch(/"action_id":"writ_revoke".*"confirm".*Revoke this grant\?/);
  });

  it.each([
    ['somebody who did not approve it', 'U0003', /may not revoke this grant/],
    ['a person outside the group', 'U0004', /may not revoke this grant/],
    ['an account bound to nobody', 'U0999', /not linked to a person in Writ/],
  ])('by %s is refused aloud', async (_who, user, why) => {
    const { card, token } = await live();
    expect(await told(user, () => stage.slack.click(user, card.ts, 'writ_revoke'))).toMatch(why);
    expect(await active(token)).toBe(true);
  });

  it('by a guest account of the approver is refused', async () => {
    const { card, token } = await live();
    stage.broker.slack.putPerson({ user: 'U0002', name: 'bob', flags: { is_restricted: true } as never });
    // A good answer of users.info is kept for a minute: Slack tells when an account changes.
    await stage.slack.call('deliver', {
      json: {
        type: 'event_callback',
        team_id: 'T0001',
        api_app_id: stage.broker.slack.env.SLACK_APP_ID,
        event_id: 'Ev1',
        event: { type: 'user_change', user: { id: 'U0002' } },
      },
    });
    expect(await told('U0002', () => stage.slack.click('U0002', card.ts, 'writ_revoke'))).toMatch(/guest accounts/);
    expect(await active(token)).toBe(true);
    stage.broker.slack.putPerson({ user: 'U0002', name: 'bob' });
  });

  it('on a card whose grant has ended says so', async () => {
    const { card, grant } = await live();
    await stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' });
    const late = () => stage.slack.call('click', { user: 'U0002', ts: card.ts, action_id: 'writ_revoke' });
    const before = (await stage.slack.messages()).length;
    const got = await late();
    // The card may have lost the button before the click: then Slack itself has nothing to deliver.
    if (got.ok === false) return;
    const said = await until('it is said', async () =>
      ((await stage.slack.messages()) as Told[]).slice(before).find((one) => one.ephemeral_to === 'U0002'),
    );
    expect(said.text).toMatch(/has ended already/);
  });
});
