import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

type Block = Readonly<Record<string, unknown>>;
interface Asked {
  readonly id: string;
  readonly card: Card;
}

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

let asks = 0;
/** Reads first, though they are the less dangerous, so that the order asked is not the order shown. */
async function ask(calls: number): Promise<Asked> {
  asks += 1;
  const authorization_details = Array.from({ length: calls }, (_, n) => {
    const call = { type: 'tool_call', identifier: `order/${asks}-${n}` };
    return n === 0 && calls > 1
      ? { ...call, actions: ['payment.read'] }
      : { ...call, actions: ['refund.create'], arguments: { order: `${asks}-${n}`, amount: n + 1 } };
  });
  const { id } = created(
    await stage.caller('support-bot').ask(refundAsk(String(asks), { authorization_details })),
    202,
  );
  return { id, card: await stage.slack.card(id) };
}

const sections = (blocks: readonly Block[]): Block[] => blocks.filter((block) => block['type'] === 'section');
/** `1. refund.create [HIGH] · identifier: order/1` and its arguments, as often as a view has it. */
const calls = (blocks: readonly Block[]): string[] =>
  sections(blocks).flatMap((section) => {
    const { text } = (section['text'] ?? { text: '' }) as { text: string };
    return text.match(/^\d+\. .* · identifier: .*\n.*$/gm) ?? [];
  });
const status = async (id: string): Promise<unknown> =>
  (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status;

async function told(user: string, act: () => Promise<unknown>): Promise<string> {
  const before = (await stage.slack.messages()).length;
  await act();
  const found = await until(`${user} is told`, async () =>
    ((await stage.slack.messages()) as (Card & { ephemeral_to?: string })[])
      .slice(before)
      .find((message) => message.ephemeral_to === user),
  );
  return found.text;
}

async function view(asked: Asked, user: string, action: string): Promise<readonly Block[]> {
  const { view_id } = await stage.slack.click(user, asked.card.ts, action);
  const { views } = (await stage.slack.call('messages')) as { views: { view_id: string; blocks: Block[] }[] };
  return (views.find((one) => one.view_id === view_id) as { blocks: Block[] }).blocks;
}

describe('a request that Slack might fold', () => {
  it.each([12, 3])('of %s calls is approved only by who opened Details', async (count) => {
    const asked = await ask(count);
    for (const button of ['writ_approve', 'writ_limits'])
      expect(await told('U0002', () => stage.slack.click('U0002', asked.card.ts, button))).toMatch(
        /Open (them|Details) first/,
      );
    expect(await status(asked.id)).toBe('pending');
    await view(asked, 'U0003', 'writ_details');
    expect(await told('U0002', () => stage.slack.click('U0002', asked.card.ts, 'writ_approve'))).toMatch(
      /Open (them|Details) first/,
    );
    await view(asked, 'U0002', 'writ_details');
    await stage.slack.click('U0002', asked.card.ts, 'writ_approve');
    await until('it is approved', async () => (await status(asked.id)) === 'approved');
  });

  it('numbers its calls alike on the card, in Details and in Approve for less, in the order shown', async () => {
    const asked = await ask(4);
    const onCard = calls(asked.card.blocks);
    expect(onCard.map((line) => line.split('.')[0])).toEqual(['1', '2', '3', '4']);
    expect(onCard[3]).toMatch(/^4\. payment\.read \[LOW\] · identifier: order\/\d+-0\narguments: ANY/);
    expect(calls(await view(asked, 'U0002', 'writ_details'))).toEqual(onCard);
    const form = await view(asked, 'U0002', 'writ_limits');
    expect(calls(form)).toEqual(onCard);
    const boxes = form.filter((block) => String(block['block_id']).startsWith('element_'));
    expect(boxes.map((block) => [(block['label'] as { text: string }).text, block['block_id']])).toEqual([
      ['Call 1', 'element_1'],
      ['Call 2', 'element_2'],
      ['Call 3', 'element_3'],
      ['Call 4', 'element_0'],
    ]);
  });

  it('asks that every section of it stand open, wherever it is shown', async () => {
    const asked = await ask(5);
    await stage.slack.call('home', { user: 'U0002' });
    const { views } = (await stage.slack.call('messages')) as { views: { type: string; blocks: Block[] }[] };
    const home = views.find((one) => one.type === 'home' && JSON.stringify(one).includes('Waiting for you'));
    const details = await view(asked, 'U0002', 'writ_details');
    for (const blocks of [asked.card.blocks, details, await view(asked, 'U0002', 'writ_limits'), home?.blocks ?? []]) {
      expect(sections(blocks).length).toBeGreaterThan(0);
      expect(sections(blocks).filter((section) => section['expand'] !== true)).toEqual([]);
    }
  });
});

describe('a request that no Slack folds', () => {
  it('is approved with one click: two calls, each in a section of its own', async () => {
    const asked = await ask(2);
    await stage.slack.click('U0002', asked.card.ts, 'writ_approve');
    await until('it is approved', async () => (await status(asked.id)) === 'approved');
  });
});
