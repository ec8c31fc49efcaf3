import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signature } from '../../packages/local-slack/src/signing.js';
import { refundAsk } from '../harness/actors/agent.js';
import type { Card } from '../harness/actors/person.js';
import { clickPayload, formOf, post, signedHeaders } from '../harness/actors/slack-delivery.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

let stage: Stage;
let escalation: string;
let card: Card;
/** An honest approval of bob's, as its bytes. */
let click: string;

beforeAll(async () => {
  stage = await setStage();
  escalation = created(await stage.caller('support-bot').ask(refundAsk()), 202).id;
  card = await stage.slack.card(escalation);
  click = approval();
});
afterAll(() => stage.close());

const PATH = '/slack/events';
/** Another trigger each time, so that none is taken for a replay of another. */
let made = 0;
const approval = (): string =>
  formOf({ ...clickPayload(stage.broker, card, 'U0002'), trigger_id: `1.${(made += 1)}.abc` });
const now = (): number => Math.floor(Date.now() / 1000);

/** What a delivery could have done. */
async function effects(): Promise<unknown> {
  const { rows } = await stage.world.database.pool.query(
    `select (select "status" from "escalations" where "id" = $1) as "status", (select count(*)::int from "votes") as "votes",
       (select count(*)::int from "events" where "type" like 'vote.%') as "events"`,
    [escalation],
  );
  return rows[0];
}
const NOTHING = { status: 'pending', votes: 0, events: 0 };
const deliveries = async (): Promise<number> => {
  const { rows } = await stage.world.database.pool.query<{ n: number }>(
    `select count(*)::int as n from "slack_deliveries"`,
  );
  return rows[0]?.n ?? -1;
};

describe('a forged click is 401, empty, and leaves no row', () => {
  const honest = (): Record<string, string> => signedHeaders(stage.broker, click);
  const under = (secret: string): Record<string, string> => ({
    ...honest(),
    'x-slack-signature': signature(secret, honest()['x-slack-request-timestamp'] ?? '', click),
  });
  const without = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(honest()).filter(([header]) => header !== name));
  const at = (stamp: string): Record<string, string> => signedHeaders(stage.broker, click, stamp);

  it.each<readonly [string, () => Readonly<Record<string, string | string[]>>]>([
    ['without a signature', () => without('x-slack-signature')],
    ['without a stamp', () => without('x-slack-request-timestamp')],
    ['without a content type', () => without('content-type')],
    ['under another secret', () => under('f'.repeat(32))],
    ['under an empty secret', () => ({ ...honest(), 'x-slack-signature': `v0=${'0'.repeat(64)}` })],
    ['under the bot token', () => under(stage.broker.slack.env.SLACK_BOT_TOKEN)],
    ['with the signature of one byte more', () => signedHeaders(stage.broker, `${click}x`)],
    [
      'with a signature of another version',
      () => ({ ...honest(), 'x-slack-signature': honest()['x-slack-signature']?.replace('v0', 'v1') ?? '' }),
    ],
    [
      'with something after the signature',
      () => ({ ...honest(), 'x-slack-signature': `${honest()['x-slack-signature']}=x` }),
    ],
    [
      'with the signature in capitals',
      () => ({ ...honest(), 'x-slack-signature': (honest()['x-slack-signature'] ?? '').toUpperCase() }),
    ],
    [
      'with two signatures',
      () => ({ ...honest(), 'x-slack-signature': [honest()['x-slack-signature'] ?? '', 'v0=0'] }),
    ],
    ['with two stamps', () => ({ ...honest(), 'x-slack-request-timestamp': [String(now()), String(now())] })],
    ['301 s old', () => at(String(now() - 301))],
    ['62 s ahead', () => at(String(now() + 62))],
    ['a day ahead', () => at(String(now() + 86_400))],
    ['with an empty stamp', () => at('')],
    ['with a stamp of milliseconds', () => at(String(Date.now()))],
    ['with a stamp with decimals', () => at(`${now()}.0`)],
    ['with a stamp in hex', () => at(`0x${now().toString(16)}`)],
    ['with a stamp after a sign', () => at(`+${now()}`)],
    [
      'with a charset after the type',
      () => ({ ...honest(), 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
    ],
    ['as a multipart form', () => ({ ...honest(), 'content-type': 'multipart/form-data; boundary=x' })],
    ['as text', () => ({ ...honest(), 'content-type': 'text/plain' })],
    ['said to be compressed', () => ({ ...honest(), 'content-encoding': 'gzip' })],
  ])('%s', async (_name, headers) => {
    const before = await deliveries();
    const got = await post(stage.broker, PATH, click, headers());
    expect(got).toEqual({ status: 401, body: '' });
    expect(await effects()).toEqual(NOTHING);
    expect(await deliveries()).toBe(before);
  });

  it('compressed, with the signature of what it unpacks to', async () => {
    const got = await post(stage.broker, PATH, gzipSync(click), { ...honest(), 'content-encoding': 'gzip' });
    expect(got.status).toBe(401);
    expect(await effects()).toEqual(NOTHING);
  });
});

describe('another way in', () => {
  it.each([
    '//slack/events',
    '/slack//events',
    '/SLACK/EVENTS',
    '/Slack/events',
    '/slack%2fevents',
    '/slack%2Fevents',
    '/%73lack/events',
    '/slack/events/',
    '/slack/events/.',
    '/slack/../slack/events',
    '/slack/events;x=1',
    '/slack/events%00',
    '/slack/events%20',
    '/slack/events?x=1',
    '/slack/events#x',
    '/slack/actions',
    '/slack/commands',
    '/slack/install',
    '/slack/oauth_redirect',
    '/api/slack/events',
    '/v1/slack/events',
    'http://localhost/slack/events',
  ])('%s, unsigned or badly signed: nothing but 401 or a refusal', async (path) => {
    for (const headers of [
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json', authorization: `Bearer ${stage.broker.slack.env.SLACK_BOT_TOKEN}` },
      { ...signedHeaders(stage.broker, `${click} `) },
    ])
      expect([400, 401, 404, 415]).toContain((await post(stage.broker, path, click, headers)).status);
    expect(await effects()).toEqual(NOTHING);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('%s, signed, is 404', async (method) => {
    const got = await post(stage.broker, PATH, click, signedHeaders(stage.broker, click), method);
    expect(got.status).toBe(404);
    expect(await effects()).toEqual(NOTHING);
  });
});

describe('a signed body of no known shape does nothing', () => {
  const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const encoded = (payload: string): string => `payload=${encodeURIComponent(payload)}`;
  it.each<readonly [string, () => string, string?]>([
    ['an ssl_check before the payload', () => `ssl_check=1&${approval()}`],
    ['an ssl_check after the payload', () => `${approval()}&ssl_check=1`],
    ['a bare ssl_check', () => 'ssl_check=1&token=x'],
    ['two payloads', () => `${approval()}&${approval()}`],
    ['a payload and an array of them', () => `${approval()}&payload[]=x`],
    ['a command beside the payload', () => `${approval()}&command=/writ`],
    ['a click as JSON', () => JSON.stringify(clickPayload(stage.broker, card, 'U0002')), 'application/json'],
    [
      'a click in an event',
      () => JSON.stringify({ type: 'event_callback', event: clickPayload(stage.broker, card, 'U0002') }),
      'application/json',
    ],
    ['JSON 10,000 deep', () => encoded(deep(10_000))],
    ['an event 10,000 deep', () => deep(10_000), 'application/json'],
    ['a payload that is a list', () => encoded('[]')],
    ['a payload that is null', () => encoded('null')],
    ['a payload with a prototype', () => encoded('{"__proto__":{"type":"block_actions"}}')],
    ['bytes that are no UTF-8', () => 'payload=%7B%22type%22%3A%22block_actions%22%ff'],
    ['nothing', () => ''],
  ])('%s', async (_name, body, type = 'application/x-www-form-urlencoded') => {
    const text = body();
    const started = performance.now();
    const got = await post(stage.broker, PATH, text, { ...signedHeaders(stage.broker, text), 'content-type': type });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect([200, 400, 401]).toContain(got.status);
    expect(got.body).toBe('');
    expect(await effects()).toEqual(NOTHING);
  });

  it('five megabytes are refused unread, again and again, without growth', async () => {
    const body = `payload=${'x'.repeat(5 * 1024 * 1024)}`;
    const headers = signedHeaders(stage.broker, body);
    const send = (): Promise<number> =>
      post(stage.broker, PATH, body, headers).then(
        (got) => got.status,
        () => 413, // The connection was closed while we were still speaking.
      );
    await send();
    const before = process.memoryUsage().rss;
    for (let time = 0; time < 10; time += 1) expect(await send()).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * 1024 * 1024);
    expect(await effects()).toEqual(NOTHING);
  });
});

describe('the challenge of url_verification', () => {
  const challenge = JSON.stringify({ type: 'url_verification', challenge: 'c-1', token: 'x', payload: 'y' });
  const json = { 'content-type': 'application/json' };

  it('is not repeated to who has not signed', async () => {
    const got = await post(stage.broker, PATH, challenge, json);
    expect(got).toEqual({ status: 401, body: '' });
  });

  it('is repeated as plain text to who has', async () => {
    const got = await post(stage.broker, PATH, challenge, { ...signedHeaders(stage.broker, challenge), ...json });
    expect(got).toEqual({ status: 200, body: 'c-1' });
    expect(await effects()).toEqual(NOTHING);
  });
});

describe('an honest click', () => {
  it('299 s old and 59 s ahead is heard, and once: its replay is answered and does nothing', async () => {
    const stranger = formOf(clickPayload(stage.broker, card, 'U0777'));
    for (const shift of [-299, 59]) {
      const headers = signedHeaders(stage.broker, stranger, String(now() + shift));
      const before = await deliveries();
      for (const expected of [1, 1]) {
        expect(await post(stage.broker, PATH, stranger, headers)).toEqual({ status: 200, body: '' });
        expect((await deliveries()) - before).toBe(expected);
      }
    }
    await until('both are refused once', async () => ((await effects()) as { events: number }).events === 2);
    const body = approval();
    await post(stage.broker, PATH, body, signedHeaders(stage.broker, body));
    await until('it is counted', async () => ((await effects()) as { status: string }).status === 'approved');
    expect(await effects()).toMatchObject({ votes: 1 });
  });
});
