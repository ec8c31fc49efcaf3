import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/actors/agent.js';
import type { Card } from '../harness/actors/person.js';
import { buttonValue, denyPayload } from '../harness/actors/slack-delivery.js';
import { setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

/** Stands in every line of every hostile free text, so that each is found again wherever it went. */
const MARK = 'zqx';
/** The same of identifiers and arguments, which a schema has bounded and which are told where free text is not. */
const TYPED = 'zqy';
const MARKS = new RegExp(`${MARK}|${TYPED}`);

const ACTIVE = ['<!channel>', '<!here>', '<!everyone>', '<@U0002>', '<#C0001>', '<!subteam^S1>', '<!date^1^{date}|x>'];
const LINKS = [
  '<https://evil.example|click>',
  'https://evil.example/a',
  '[x](https://evil.example)',
  '<mailto:a@evil.example|a>',
  'slack://user?team=T1',
  'javascript:alert(1)',
  'data:text/html,x',
  'evil.example',
  '@here',
  '@bob',
  '#oncall',
  '//evil.example',
];
const STYLES = [
  '*bold*',
  '_it_',
  '~no~',
  '`code`',
  '```\nblock\n```',
  '> quote',
  '>>> all',
  '- [x] done',
  '# Head',
  ':white_check_mark:',
];
const ENTITIES = [
  '&lt;!channel&gt;',
  '&amp;lt;',
  '&#60;!here&#62;',
  '&lt;@U0002&gt;',
  '<',
  '>',
  '&',
  '"}],"type":"mrkdwn',
];
const UNSEEN = [
  '\u202e gnp.exe',
  '\u2066iso\u2069',
  '\u200b',
  '\u200d',
  '\u00ad',
  '\ufeff',
  '\u{e0041}',
  '\ufe0f',
  '\u2028',
  '\u2029',
  '\u0007',
  '\u001b[31m',
  '\r',
  '\t',
  '\u3164',
  '\u2800',
  'Z\u0351\u0352\u0353\u0354\u0355\u0356',
];
const LIES = [
  '\nTTL: 5 min',
  '\nApproved by CISO',
  '\n*Agent*\nPayments',
  '\nApprovals: 2 of 2',
  '\n│ Writ: verified',
  '\n\n\n\n\n\nDecide later',
  `${' '.repeat(40)}hidden`,
  '\nRead only, no risk',
  '\n\u0422\u0422L: 5 min',
  '\u05d0\u05d1\u05d2 \u0639\u0631\u0628\u064a TTL',
  `${'very long '.repeat(25)}`,
];

/** Sixty texts that agents could write to be taken for what they are not. */
const CORPUS = [...ACTIVE, ...LINKS, ...STYLES, ...ENTITIES, ...UNSEEN, ...LIES].map((text) =>
  `${MARK} ${text}`.replace(/\n/g, `\n${MARK} `),
);

let stage: Stage;
let accepted: readonly { readonly id: string; readonly text: string }[];

beforeAll(async () => {
  stage = await setStage();
  const made: { id: string; text: string }[] = [];
  for (const text of CORPUS) {
    const got = await stage.caller('support-bot').ask(hostile(text));
    expect([text, got.status]).toEqual([text, 202]);
    made.push({ id: String(got.body.id), text });
  }
  accepted = made;
  await until('all cards are there', async () => (await cards()).length >= CORPUS.length, 60_000);
}, 90_000);
afterAll(() => stage.close());

const replies = async (): Promise<Card[]> =>
  (await stage.slack.messages()).filter((message) => 'thread_ts' in message && message.thread_ts !== undefined);
const cards = async (): Promise<Card[]> =>
  (await stage.slack.messages()).filter((message) =>
    /"text":"(Access request|Denied) · HIGH"/.test(JSON.stringify(message.blocks)),
  );
const visible = (text: string): string => `${MARK}${text.replace(/[^\x21-\x7e]/g, '').slice(0, 100)}`;

/** The text in every member that an agent writes, as far as the member takes it. */
function hostile(text: string): Record<string, unknown> {
  const typed = (value: string): string => value.replaceAll(MARK, TYPED);
  const order = typed(text.slice(0, 40));
  const identifier = typed(visible(text));
  const element = { type: 'tool_call', actions: ['refund.create'], identifier, arguments: { order } };
  return refundAsk('1', {
    authorization_details: [element],
    task: { id: visible(text), description: text, ticket: visible(text) },
    justification: text,
    evidence: [{ title: text.slice(0, 100), url: `https://evil.example/${MARK}` }],
  });
}

type Members = Record<string, unknown>;
const objects = (value: unknown): Members[] => {
  if (Array.isArray(value)) return value.flatMap(objects);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Members, ...Object.values(value).flatMap(objects)];
};
const leaves = (value: unknown): { type: string; text: string; emoji?: boolean }[] =>
  objects(value).filter((node) => typeof node['type'] === 'string' && typeof node['text'] === 'string') as never;

/** All that was ever sent to Slack; of a form, blocks and views are JSON in a field. */
const sent = (): { method: string; args: Members }[] =>
  stage.broker.slack.journal().map(({ method, args }) => ({
    method,
    args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, parsed(value)])),
  }));
const parsed = (value: unknown): unknown =>
  typeof value === 'string' && /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
const INERT_KEYS = ['url', 'image_url', 'thumb_url', 'value', 'action_id', 'block_id', 'alt_text', 'private_metadata'];
const UNSEEN_LEFT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u3164\u2800\ufe0f\u{e0000}-\u{e0fff}]/u;

function expectInert(args: Members): void {
  expect(JSON.stringify(args['text'] ?? '')).not.toMatch(/<[!@#]|https?:|mailto:|\w\.example|\*|`|:white_check_mark:/);
  for (const node of objects(args))
    for (const key of INERT_KEYS) expect(JSON.stringify(node[key] ?? '')).not.toMatch(MARKS);
  // The one address in anything we send is the page of the request in our own console.
  for (const node of objects(args))
    if (node['url'] !== undefined)
      expect(node['url']).toMatch(/^http:\/\/localhost:\d+\/escalations\/esc_[0-9A-Z]{26}$/);
  for (const leaf of leaves(args)) {
    if (leaf.type === 'mrkdwn') expect(leaf.text).not.toMatch(MARKS);
    if (leaf.type === 'mrkdwn')
      expect(leaf.text).toMatch(
        /^(\*[^*<>&`]+\*|[A-Za-z ]+ <!date\^\d+\^[^|<>]+\|[^|<>]+>|<http:\/\/localhost:\d+\/escalations\/esc_[0-9A-Z]{26}\|Open in console>)$/,
      );
    if (leaf.type === 'plain_text')
      expect([leaf.emoji, UNSEEN_LEFT.test(leaf.text.replace(/\n/g, ''))]).toEqual([false, false]);
    // A line of theirs stands behind the mark, or within the one line of ours that quotes the exact request.
    for (const line of leaf.text.split('\n').filter((text) => MARKS.test(text)))
      expect(line).toMatch(/^(│ |1\. refund\.create \[HIGH\] · identifier: |arguments: )/);
  }
}

describe('sixty hostile texts in every member that agents write', () => {
  it('are sixty', () => expect(new Set(CORPUS).size).toBeGreaterThanOrEqual(60));

  it('are refused where the grammar has no room for them', async () => {
    const before = (await cards()).length;
    for (const text of CORPUS.filter((one) => /[^\x21-\x7e]/.test(one)))
      for (const more of [{ task: { id: text } }, { task: { id: 'x', ticket: text } }, { resource: text }]) {
        const got = await stage.caller('support-bot').ask(refundAsk('1', more));
        expect([text, got.status >= 400 && got.status < 500]).toEqual([text, true]);
      }
    expect((await cards()).length).toBe(before);
  });

  it('are plain text on every card, after the facts', async () => {
    for (const { args, method } of sent()) if (method.startsWith('chat.')) expectInert(args);
    for (const card of await cards()) {
      const texts = leaves(card.blocks).map((leaf) => leaf.text);
      const label = texts.findIndex((text) => text.startsWith('*Written by the agent'));
      expect(label).toBeGreaterThan(texts.indexOf('Details'));
      expect(texts[0]).toBe('Access request · HIGH');
      for (const text of texts.slice(0, label).flatMap((words) => words.split('\n'))) {
        expect(text).not.toContain(MARK);
        if (text.includes(TYPED)) expect(text).toMatch(/^(1\. refund\.create \[HIGH\] · identifier|arguments): /);
      }
    }
  });

  it('are plain text in modals, in the reason of a denial, and on the cards that follow', async () => {
    for (const [index, { id, text }] of accepted.entries()) {
      const card = await stage.slack.card(id);
      if (index % 4 === 0) await stage.slack.click('U0002', card.ts, 'writ_details');
      if (index % 4 === 1) await stage.slack.click('U0002', card.ts, 'writ_deny');
      if (index % 4 === 2) {
        await stage.slack.click('U0003', card.ts, 'writ_details');
        await stage.slack.click('U0003', card.ts, 'writ_limits');
      }
      const denial = denyPayload(stage.broker, 'U0002', buttonValue(card), text);
      expect(await stage.slack.call('deliver', { payload: denial })).toMatchObject({ status: 200, body: '' });
    }
    await until(
      'all cards say denied',
      async () => (await cards()).every((card) => JSON.stringify(card.blocks).includes('Denied')),
      20_000,
    );
    await until('all threads tell the denial', async () => (await replies()).length >= CORPUS.length, 60_000);
    expect(
      sent().filter(({ args }) => String(JSON.stringify(args['view'])).includes('writ_limits_modal')).length,
    ).toBeGreaterThan(10);
    for (const reply of await replies()) expect(leaves(reply.blocks).map((leaf) => leaf.type)).toEqual(['plain_text']);
    const methods = sent().map(({ method }) => method);
    expect(methods.filter((method) => method === 'views.open').length).toBeGreaterThanOrEqual(30);
    expect(methods.filter((method) => method === 'chat.update').length).toBeGreaterThanOrEqual(60);
    for (const { args } of sent()) expectInert(args);
    expect(leaves(sent()).filter((leaf) => MARKS.test(leaf.text)).length).toBeGreaterThan(300);
  });

  it('reach neither confirm nor notification as free text: they hold the broker’s words and the typed call', () => {
    for (const { args } of sent()) {
      const confirms = objects(args).flatMap((node) =>
        node['confirm'] === undefined ? [] : [JSON.stringify(node['confirm'])],
      );
      for (const words of [JSON.stringify(args['text'] ?? ''), ...confirms]) expect(words).not.toContain(MARK);
    }
    const told = sent().map(({ args }) => JSON.stringify(args['text'] ?? ''));
    expect(told.filter((words) => words.includes(TYPED)).length).toBeGreaterThan(60);
  });
});
