import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Reply extends Card {
  readonly thread_ts?: string;
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

async function ask(
  more: Record<string, unknown> = {},
): Promise<{ id: string; digest: string; code: string; card: Card }> {
  orders += 1;
  const asked = await stage.caller('support-bot').ask(refundAsk(String(orders), more));
  const { id, digest, continuation } = created(asked, 202);
  return { id, digest, code: continuation.deferral_code, card: await stage.slack.card(id) };
}

const wordsOf = (message: Card): string =>
  (message.blocks as { text: { text: string } }[]).map((one) => one.text.text).join('\n');

async function thread(card: Card): Promise<string[]> {
  const replies = (await stage.slack.messages()) as Reply[];
  return replies.filter((message) => message.thread_ts === card.ts).map(wordsOf);
}

const said = (card: Card, words: RegExp): Promise<string> =>
  until(`the thread says ${words}`, async () => (await thread(card)).find((line) => words.test(line)));

const consume = (token: string, order: string, callId: string) =>
  stage.caller('payments-api').post('/v1/tokens/consume', {
    token,
    action: 'refund.create',
    identifier: `order/${order}`,
    arguments: { order, amount: 4000 },
    call_id: callId,
  });

describe('the thread under a card', () => {
  it('tells the vote, the collecting, the first use, refused uses, and the end with its reason', async () => {
    const asked = await ask({ max_uses: 2 });
    const order = String(orders);
    await (await stage.person('bob')).decide(asked, 'approve', { reason: 'Checked with finance.' });
    const { access_token: token } = (await stage.caller('support-bot').redeem(asked.code)).body as {
      access_token: string;
    };
    const publishings = async (): Promise<unknown> =>
      (
        await stage.world.database.pool.query(
          `select count(*) from "outbox" where "topic" = 'card.publish' and "payload" ->> 'id' = $1`,
          [asked.id],
        )
      ).rows;
    const before = await publishings();
    for (const call of ['one', 'two']) expect((await consume(token, order, call)).body.allowed).toBe(true);
    // A use shows in the thread alone.
    expect(await publishings()).toEqual(before);
    for (let n = 0; n < 9; n += 1) expect((await consume(token, order, `more-${n}`)).body.allowed).toBe(false);
    const { grant } = (await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body;
    await stage.caller('support-bot').post(`/v1/grants/${grant.id}/complete`, { outcome: 'succeeded' });
    await said(asked.card, /The grant ended/);
    await said(asked.card, /More uses were refused/);
    const lines = await thread(asked.card);
    expect(lines[0]).toMatch(/^bob approved in the console or over REST\n│ Checked with finance\.$/);
    const order5 = lines.map((line) => line.split('\n')[0]);
    expect(order5.slice(1)).toEqual([
      'The agent collected the grant: the clock runs.',
      'First use: refund.create, served by payments-api',
      ...Array.from({ length: 5 }, () => 'A use was refused by payments-api: refund.create (used up)'),
      'More uses were refused. They are counted in the record and told when the grant ends.',
      'The grant ended: the agent finished its task. 9 uses were refused.',
    ]);
  }, 30_000);

  it('is told once, whoever asks for it again', async () => {
    const asked = await ask();
    await (await stage.person('carol')).decide(asked, 'approve');
    await said(asked.card, /carol approved/);
    for (let n = 0; n < 3; n += 1)
      await stage.world.database.pool.query(
        `insert into "outbox" ("topic", "payload") values ('card.thread', jsonb_build_object('id', $1::text))`,
        [asked.id],
      );
    await settledCards(stage.world, stage.broker);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await thread(asked.card)).filter((line) => line.startsWith('carol approved'))).toHaveLength(1);
  });

  it('is told later when Slack is away, and the decision does not wait for it', async () => {
    const asked = await ask();
    stage.broker.slack.faults.set('chat.postMessage', { kind: 'status', status: 500 }, 2);
    expect((await (await stage.person('bob')).decide(asked, 'approve')).status).toBe(200);
    await said(asked.card, /bob approved/);
    stage.broker.slack.faults.set('chat.postMessage', { kind: 'status', status: 500 }, 0);
  });

  it('is no card: it names no request and has no buttons', async () => {
    const asked = await ask();
    const { view_id } = await stage.slack.click('U0002', asked.card.ts, 'writ_deny');
    await stage.slack.call('submit', { user: 'U0002', view_id, values: { reason: '*No* <!channel>' } });
    expect(await said(asked.card, /bob denied/)).toBe('bob denied\n│ *No* <!channel>');
    expect(await stage.slack.cardsOf(asked.id)).toHaveLength(1);
    const replies = ((await stage.slack.messages()) as Reply[]).filter((one) => one.thread_ts === asked.card.ts);
    expect(JSON.stringify(replies.map((one) => one.blocks))).not.toMatch(/"mrkdwn"|"button"|"url"/);
    expect(replies.map((one) => one.text)).toEqual(['bob denied']);
  });
});
