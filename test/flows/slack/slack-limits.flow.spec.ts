import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Told extends Card {
  readonly ephemeral_to?: string;
}
interface View {
  readonly view_id: string;
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly blocks: readonly { readonly block_id: string; readonly type: string; readonly element?: unknown }[];
  readonly errors: Readonly<Record<string, string>>;
}
interface Asked {
  readonly id: string;
  readonly digest: string;
  readonly card: Card;
}

const twoCalls = (order: string) => [
  { type: 'tool_call', actions: ['refund.create'], identifier: order, arguments: { order, amount: 4000 } },
  { type: 'tool_call', actions: ['refund.create'], identifier: `${order}b`, arguments: { order, amount: 1 } },
];
const EXPORT = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
  task: { id: 'close-the-books' },
};

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => expect(await brokenInvariants(stage.world)).toEqual([]));
afterAll(() => stage.close());

let orders = 0;

/** Each ask is another one: identical open asks of an agent share a card. */
async function ask(more: Record<string, unknown> = {}): Promise<Asked> {
  orders += 1;
  const asked = await stage.caller('support-bot').ask(refundAsk(String(orders), more));
  const { id, digest } = created(asked, 202);
  return { id, digest, card: await stage.slack.card(id) };
}

const read = async (id: string) => (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body;

async function form(asked: Asked, user = 'U0002'): Promise<View> {
  const { view_id } = await stage.slack.click(user, asked.card.ts, 'writ_limits');
  const { views } = await stage.slack.call('messages');
  return (views as View[]).find((view) => view.view_id === view_id) as View;
}

const submit = (view: View, values: Record<string, unknown>, user = 'U0002') =>
  stage.slack.call('submit', { user, view_id: view.view_id, values });

async function told(user: string, act: () => Promise<unknown>): Promise<string> {
  const before = (await stage.slack.messages()).length;
  await act();
  const found = await until(`${user} is told`, async () =>
    ((await stage.slack.messages()) as Told[]).slice(before).find((message) => message.ephemeral_to === user),
  );
  return found.text;
}

const decided = (id: string, status: string) =>
  until(`it is ${status}`, async () => {
    const now = await read(id);
    return now.status === status && now;
  });

describe('approving for less in Slack', () => {
  it('asks for time, uses, calls and a note, and carries the card alone', async () => {
    const asked = await ask({ authorization_details: twoCalls('a'), requested_ttl: 300, max_uses: 3 });
    const view = await form(asked);
    expect(view.callback_id).toBe('writ_limits_modal');
    expect(view.private_metadata).not.toContain(asked.id);
    expect(view.blocks.filter((block) => block.type === 'input').map((block) => block.block_id)).toEqual([
      'ttl',
      'ttl_exact',
      'uses',
      'element_0',
      'element_1',
      'note',
    ]);
  });

  it('grants what was left, and tells the agent what was cut and why', async () => {
    const asked = await ask({ authorization_details: twoCalls('b'), requested_ttl: 300, max_uses: 3 });
    const view = await form(asked);
    expect(
      await submit(view, { ttl: '60', uses: '1', element_1: [], note: 'One refund needs no reading.' }),
    ).toMatchObject({ ok: true });
    const seen = await decided(asked.id, 'approved');
    expect(seen.granted).toMatchObject({ ttl: 60, max_uses: 1, authorization_details: [twoCalls('b')[0]] });
    expect(seen.granted.cuts.map((cut: { field: string }) => cut.field)).toEqual(
      expect.arrayContaining(['ttl', 'max_uses', 'authorization_details']),
    );
    expect(seen.granted.cut_reasons).toEqual(['One refund needs no reading.']);
    expect(JSON.stringify(seen)).not.toContain('bob');
    const card = await until('the card says so', async () =>
      (await stage.slack.cardsOf(asked.id)).find((one) => JSON.stringify(one.blocks).includes('Granted: 1 minute')),
    );
    expect(JSON.stringify(card.blocks)).toContain('One refund needs no reading.');
  });

  it('shows a later voter what an earlier one cut and said', async () => {
    const { id, digest } = created(await stage.caller('support-bot').ask(EXPORT), 202);
    const card = await stage.slack.card(id);
    await (
      await stage.person('bob')
    ).decide({ id, digest }, 'approve', { limits: { ttl: 120 }, reason: 'Two minutes do.' });
    const shown = await until('the card shows the vote', async () =>
      (await stage.slack.cardsOf(id)).find((one) => JSON.stringify(one.blocks).includes('Two minutes do.')),
    );
    const view = await form({ id, digest, card }, 'U0003');
    for (const where of [shown.blocks, view.blocks])
      for (const part of ['bob approved for less', 'Less ttl: asked 300, granted 120', '│ Two minutes do.'])
        expect(JSON.stringify(where)).toContain(part);
    await submit(view, { ttl: '60' }, 'U0003');
    await until('both votes are there', async () => {
      const { approval } = await read(id);
      return approval.groups.some((group: { approved: number }) => group.approved === 2);
    });
  });

  it('keeps the form open over a value that is wider than asked', async () => {
    const asked = await ask({ requested_ttl: 120, max_uses: 1 });
    const view = await form(asked);
    const wide = { element_0: ['0'], ttl_exact: '121' };
    expect(await submit(view, wide)).toMatchObject({ ok: false, errors: { ttl_exact: expect.any(String) } });
    expect(await submit(view, { element_0: [], ttl_exact: '' })).toMatchObject({
      ok: false,
      errors: { element_0: expect.stringContaining('Nothing would be left') },
    });
    expect((await read(asked.id)).status).toBe('pending');
  });

  it('takes no form in which nothing is cut for an approval', async () => {
    const asked = await ask({ requested_ttl: 120, max_uses: 3 });
    const view = await form(asked);
    for (const values of [{}, { ttl_exact: '120', uses: '3', note: 'Fine.' }])
      expect(await submit(view, { element_0: ['0'], ...values })).toMatchObject({
        ok: false,
        errors: { ttl: 'Nothing is cut yet; use Approve for the whole request.' },
      });
    expect((await read(asked.id)).status).toBe('pending');
  });

  it('keeps what was typed as the reason of a denial that comes too late', async () => {
    const asked = await ask();
    const { view_id } = await stage.slack.click('U0002', asked.card.ts, 'writ_deny');
    await (await stage.person('carol')).decide(asked, 'approve');
    const sent = () => stage.slack.call('submit', { user: 'U0002', view_id, values: { reason: 'Wrong order.' } });
    let answer: unknown;
    expect(await told('U0002', async () => (answer = await sent()))).toContain('already approved');
    expect(answer).toMatchObject({ ok: false, errors: { reason: expect.stringContaining('already approved') } });
  });

  it('says in the form that somebody else has decided meanwhile', async () => {
    const asked = await ask();
    const view = await form(asked);
    await (await stage.person('carol')).decide(asked, 'approve');
    expect(await submit(view, { ttl: '60' })).toMatchObject({
      ok: false,
      errors: { ttl: expect.stringContaining('already approved') },
    });
    expect((await read(asked.id)).granted.ttl).not.toBe(60);
  });

  it('is not offered to who may not decide', async () => {
    const asked = await ask();
    expect(await told('U0004', () => stage.slack.click('U0004', asked.card.ts, 'writ_limits'))).toMatch(
      /not in a group that this request asks/,
    );
  });

  it('believes nothing of a forged submission', async () => {
    const asked = await ask({ requested_ttl: 120 });
    const view = await form(asked);
    const value = (text: string) => ({ type: 'number_input', value: text });
    const boxes = (...places: string[]) => ({ selected_options: places.map((place) => ({ value: place })) });
    const forge = (values: Record<string, unknown>) =>
      stage.slack.call('deliver', {
        payload: {
          type: 'view_submission',
          user: { id: 'U0002', team_id: 'T0001' },
          team: { id: 'T0001', domain: 'local' },
          api_app_id: stage.broker.slack.env.SLACK_APP_ID,
          trigger_id: '1.1.x',
          view: {
            id: view.view_id,
            callback_id: 'writ_limits_modal',
            private_metadata: view.private_metadata,
            state: { values },
          },
        },
      });
    for (const values of [
      { element_0: { element_0: boxes('0') }, ttl_exact: { ttl_exact: value('3600') } },
      { element_0: { element_0: boxes('0') }, uses: { uses: value('-1') } },
      { element_0: { element_0: boxes('0', '1', '9') } },
      { element_7: { element_7: boxes('0') } },
      {},
    ]) {
      const got = await forge(values);
      expect(JSON.parse(String(got.body))).toMatchObject({ response_action: 'errors' });
    }
    expect((await read(asked.id)).status).toBe('pending');
  });
});

describe('a card that folds part of its request', () => {
  const LONG = { justification: 'Because. '.repeat(200) };

  it('takes no approval from who has not opened Details, and says so', async () => {
    const asked = await ask(LONG);
    for (const action of ['writ_approve', 'writ_limits'])
      expect(await told('U0002', () => stage.slack.click('U0002', asked.card.ts, action))).toBe(
        'Part of this request stands only in Details. Open them first, then approve. Nothing was counted.',
      );
    expect((await read(asked.id)).status).toBe('pending');
  });

  it('counts the approval of who has, and of nobody else', async () => {
    const asked = await ask(LONG);
    await stage.slack.click('U0003', asked.card.ts, 'writ_details');
    expect(await told('U0002', () => stage.slack.click('U0002', asked.card.ts, 'writ_approve'))).toMatch(
      /Open them first/,
    );
    await stage.slack.click('U0003', asked.card.ts, 'writ_approve');
    await decided(asked.id, 'approved');
  });

  it('can be denied unread', async () => {
    const asked = await ask(LONG);
    const { view_id } = await stage.slack.click('U0002', asked.card.ts, 'writ_deny');
    await stage.slack.call('submit', { user: 'U0002', view_id, values: { reason: 'Too long.' } });
    await decided(asked.id, 'denied');
  });
});
