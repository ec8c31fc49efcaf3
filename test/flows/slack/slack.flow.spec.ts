import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, storyOf, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Told extends Card {
  readonly ephemeral_to?: string;
}

interface View {
  readonly view_id: string;
  readonly callback_id: string;
  readonly blocks: readonly Record<string, unknown>[];
}

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

let asks = 0;

/** Each ask wants another time: identical open asks of an agent share a card. */
async function ask(
  more: Record<string, unknown> = {},
): Promise<{ id: string; digest: string; code: string; card: Card }> {
  const { id, digest, continuation } = created(
    await stage.caller('support-bot').ask(refundAsk('8812', { requested_ttl: 300 - (asks += 1), ...more })),
    202,
  );
  return { id, digest, code: continuation.deferral_code, card: await stage.slack.card(id) };
}

const read = async (id: string) => (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body;

/** What was said to this person alone since `before` messages stood there. */
function toldTo(user: string, before: number): Promise<Told> {
  return until(`${user} is told`, async () =>
    ((await stage.slack.messages()) as Told[]).slice(before).find((message) => message.ephemeral_to === user),
  );
}

async function modal(viewId: string): Promise<View> {
  const { views } = await stage.slack.call('messages');
  return (views as View[]).find((view) => view.view_id === viewId) as View;
}

function rewritten(id: string, says: RegExp): Promise<Card> {
  return until(`the card says ${says}`, async () =>
    (await stage.slack.cardsOf(id)).find((card) => says.test(JSON.stringify(card.blocks))),
  );
}

const texts = (value: unknown): { type: string; text: string }[] => {
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  const leaf = value as { type?: unknown; text?: unknown };
  if (typeof leaf.type === 'string' && typeof leaf.text === 'string') return [{ type: leaf.type, text: leaf.text }];
  return Object.values(value).flatMap(texts);
};

describe('a denial in Slack', () => {
  it('asks for a reason in a modal, which the agent then reads without the name', async () => {
    const asked = await ask();
    const opened = await stage.slack.click('U0002', asked.card.ts, 'writ_deny');
    const view = await modal(opened.view_id as string);
    expect(view).toMatchObject({ callback_id: 'writ_deny_modal' });
    expect((await read(asked.id)).status).toBe('pending');

    expect(await stage.slack.call('submit', { user: 'U0002', view_id: view.view_id, values: {} })).toMatchObject({
      ok: false,
      error: 'incomplete',
    });
    expect((await read(asked.id)).status).toBe('pending');
    expect(
      await stage.slack.call('submit', {
        user: 'U0002',
        view_id: view.view_id,
        values: { reason: { reason: 'Ask finance first.' } },
      }),
    ).toMatchObject({ ok: true });

    const seen = await until('it is denied', async () => {
      const now = await read(asked.id);
      return now.status === 'denied' && now;
    });
    expect(seen.denial).toMatchObject({ by: 'person', reason: 'Ask finance first.' });
    expect(JSON.stringify(seen)).not.toContain('bob');
    const card = await rewritten(asked.id, /Denied/);
    expect(JSON.stringify(card.blocks)).toContain('Ask finance first.');
    expect(JSON.stringify(card.blocks)).not.toContain('writ_approve');
  });

  it('takes no reason of blanks', async () => {
    const asked = await ask();
    const { view_id } = await stage.slack.click('U0002', asked.card.ts, 'writ_deny');
    await stage.slack.call('submit', { user: 'U0002', view_id, values: { reason: { reason: '   ' } } });
    expect((await read(asked.id)).status).toBe('pending');
  });

  it('is judged when it is submitted, not when the modal was opened', async () => {
    const asked = await ask();
    const { view_id } = await stage.slack.click('U0002', asked.card.ts, 'writ_deny');
    await (await stage.person('carol')).decide(asked, 'approve');
    const before = (await stage.slack.messages()).length;
    await stage.slack.call('submit', { user: 'U0002', view_id, values: { reason: { reason: 'Too late.' } } });
    expect((await toldTo('U0002', before)).text).toBe('This request is already approved. Nothing was counted.');
    expect((await read(asked.id)).status).toBe('approved');
  });
});

describe('a click on Details', () => {
  it('opens the whole request', async () => {
    const asked = await ask({
      evidence: [{ title: 'Ticket', url: 'https://tickets.example/1' }],
      justification: 'The customer waits.',
    });
    const { view_id } = await stage.slack.click('U0003', asked.card.ts, 'writ_details');
    const view = await modal(view_id as string);
    expect(view.callback_id).toBe('writ_details_modal');
    const shown = texts(view.blocks)
      .map((leaf) => leaf.text)
      .join('\n');
    for (const part of [
      asked.digest,
      asked.id,
      'order/8812',
      'amount 4000',
      'The customer waits.',
      'https://tickets.example/1',
      'refunds',
    ])
      expect(shown).toContain(part);
    expect(
      texts(view.blocks).filter((leaf) => leaf.type === 'mrkdwn' && /example|order|customer/.test(leaf.text)),
    ).toEqual([]);
  });
});

describe('a click by somebody who may not decide', () => {
  it('of an account bound to nobody changes nothing and is told why', async () => {
    const asked = await ask();
    const before = (await stage.slack.messages()).length;
    await stage.slack.click('U0999', asked.card.ts, 'writ_approve');
    expect((await toldTo('U0999', before)).text).toBe(
      'Your Slack account is not linked to a person in Writ. Nothing was counted. Ask an operator to add it.',
    );
    expect((await read(asked.id)).status).toBe('pending');
    const events = await until('the refusal is recorded', async () => {
      const found = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${asked.id}&type=vote.refused`);
      return found.body.items.length > 0 && found.body.items;
    });
    expect(events).toMatchObject([{ data: { via: 'slack', slack_user: 'U0999', code: 'not_bound' } }]);
  });

  it.each([
    ['a person outside the group', 'U0004', 'you are not in a group that this request asks'],
    ['an auditor', 'U0005', 'you do not have the approver role'],
  ])('of %s is told why, before a modal opens', async (_who, user, why) => {
    const asked = await ask();
    for (const action of ['writ_approve', 'writ_deny']) {
      const before = (await stage.slack.messages()).length;
      const clicked = await stage.slack.click(user, asked.card.ts, action);
      expect(clicked.view_id).toBeUndefined();
      expect((await toldTo(user, before)).text).toBe(`You cannot decide this request: ${why}. Nothing was counted.`);
    }
    expect((await read(asked.id)).status).toBe('pending');
  });

  it('of two people at once is settled by the first and says so to the second', async () => {
    const asked = await ask();
    const before = (await stage.slack.messages()).length;
    await Promise.all([
      stage.slack.click('U0002', asked.card.ts, 'writ_approve'),
      stage.slack.click('U0003', asked.card.ts, 'writ_approve'),
    ]);
    const told = await until('one is told', async () =>
      ((await stage.slack.messages()) as Told[]).slice(before).find((message) => message.ephemeral_to !== undefined),
    );
    expect(told.text).toBe('This request is already approved. Nothing was counted.');
    expect((await read(asked.id)).grant.status).toBe('ready');
  });
});

describe('the card', () => {
  it('is one message that follows the request to its end', async () => {
    const asked = await ask();
    await stage.slack.click('U0002', asked.card.ts, 'writ_approve');
    expect(JSON.stringify((await rewritten(asked.id, /bob approved/)).blocks)).not.toContain('"actions"');
    const { grant_id } = (await stage.caller('support-bot').redeem(asked.code)).body;
    await rewritten(asked.id, /active/i);
    await stage.caller('ops-cli').post(`/v1/grants/${grant_id}/revoke`, { reason: 'Drill.' });
    const last = await rewritten(asked.id, /revoked/i);
    expect(last.ts).toBe(asked.card.ts);
    expect(await stage.slack.cardsOf(asked.id)).toHaveLength(1);
    expect((await storyOf(stage, grant_id as string)).events.map((event) => event.type)).toEqual(
      expect.arrayContaining(['card.posted', 'card.updated']),
    );
  });

  it('shows hostile words inert: never as mrkdwn, after the facts, each line behind a mark', async () => {
    const words =
      '*Approved by security* <!channel> <@U0002> <https://evil.example|click> `x`\nAgent: Payments (trusted)\u202egnp.exe';
    const asked = await ask({
      authorization_details: [
        {
          type: 'tool_call',
          actions: ['refund.create'],
          identifier: '<!channel>',
          arguments: { order: '<!here>*8812*', amount: 1 },
        },
      ],
      task: { id: '<!everyone>', description: words.slice(0, 300), ticket: '<@U0003>' },
      justification: words,
      evidence: [{ title: words.slice(0, 100), url: 'https://evil.example/a' }],
    });
    const { blocks, text } = asked.card;
    const leaves = texts(blocks);
    expect(
      leaves
        .filter((leaf) => leaf.type === 'mrkdwn')
        .map((leaf) => leaf.text.replace(/<!date\^\d+\^[^|>]*\|[^>]*>/, 'clock')),
    ).toEqual(['Decide before clock', '*This agent lately*', '*Written by the agent — not verified*']);
    expect(text).not.toMatch(/<[!@]|evil|\*/);
    expect(text).toContain('identifier: &lt;!channel&gt;');
    expect(JSON.stringify(blocks)).not.toMatch(/"image_url"|\u202e/);
    // The one link of a card is our own.
    expect(JSON.stringify(blocks).match(/"url":"[^"]*"/g)).toEqual([
      `"url":"${stage.broker.issuer}/escalations/${asked.id}"`,
    ]);

    const lines = leaves.flatMap((leaf) => leaf.text.split('\n'));
    const label = lines.findIndex((line) => line.startsWith('*Written by the agent'));
    expect(label).toBeGreaterThan(lines.indexOf('Approve'));
    for (const [index, line] of lines.entries())
      if (/Approved by security|trusted|evil|everyone/.test(line)) {
        expect(index).toBeGreaterThan(label);
        expect(line.startsWith('│ ')).toBe(true);
      }
  });
});
