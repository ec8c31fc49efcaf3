import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CARD, startWorkbench, type Workbench } from './testing/workbench.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench();
});
beforeEach(() => {
  bench.app.received.length = 0;
  bench.app.react(() => undefined);
});
afterAll(() => bench.close());

const fieldsOf = (rawBody: string) => Object.fromEntries(new URLSearchParams(rawBody));

describe('a slash command', () => {
  it('comes as a flat signed form with a trigger and a response URL', async () => {
    const { body } = await bench.drive('command', { user: 'U0002', command: '/writ', text: 'list', channel: 'C0001' });
    expect(body).toMatchObject({ ok: true, status: 200 });
    const [received] = bench.app.received;
    expect(received?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-signature': expect.stringMatching(/^v0=[0-9a-f]{64}$/),
    });
    expect(fieldsOf(received?.rawBody ?? '')).toMatchObject({
      command: '/writ',
      text: 'list',
      team_id: 'T0001',
      user_id: 'U0002',
      channel_id: 'C0001',
      api_app_id: bench.slack.env.SLACK_APP_ID,
      response_url: expect.stringContaining('/commands/T0001/'),
    });
  });

  it('shows the answer to the person alone', async () => {
    bench.app.react(() => ({ json: { response_type: 'ephemeral', text: 'Nothing waits for you.' } }));
    const { body } = await bench.drive('command', { user: 'U0002', command: '/writ', text: '', channel: 'C0001' });
    expect(body).toMatchObject({ ok: true, reply: { text: 'Nothing waits for you.' } });
    const { messages } = await bench.seen();
    expect(messages.at(-1)).toMatchObject({ channel: 'C0001', ephemeral_to: 'U0002', text: 'Nothing waits for you.' });
  });

  it('refuses an answer whose blocks Slack would refuse', async () => {
    bench.app.react(() => ({ json: { text: 'x', blocks: [{ type: 'section' }] } }));
    const { body } = await bench.drive('command', { user: 'U0002', command: '/writ', text: '' });
    expect(body).toMatchObject({ ok: false, error: expect.stringContaining('invalid_blocks') });
  });

  it('takes what follows by the response URL, five times', async () => {
    await bench.drive('command', { user: 'U0002', command: '/writ', text: '', channel: 'C0001' });
    const url = fieldsOf(bench.app.received[0]?.rawBody ?? '')['response_url'] ?? '';
    const say = () =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"later"}' });
    for (let use = 0; use < 5; use += 1) expect((await say()).status).toBe(200);
    expect((await say()).status).toBe(404);
  });

  it('is no command without the scope', async () => {
    const bare = await startWorkbench({ scopes: ['chat:write'] });
    try {
      expect((await bare.drive('command', { user: 'U0002', command: '/writ', text: '' })).status).toBe(404);
    } finally {
      await bare.close();
    }
  });
});

describe('what a person says', () => {
  it('comes as a signed message event of its conversation', async () => {
    const { body } = await bench.drive('say', { user: 'U0002', channel: 'C0001', text: 'a < b & c' });
    expect(body).toMatchObject({ ok: true, delivered: true });
    expect(bench.app.received[0]?.headers['content-type']).toBe('application/json');
    expect(bench.app.received[0]?.payload).toMatchObject({
      type: 'event_callback',
      event_id: expect.stringMatching(/^Ev/),
      team_id: 'T0001',
      event: { type: 'message', user: 'U0002', channel: 'C0001', channel_type: 'channel', text: 'a &lt; b &amp; c' },
    });
    expect(bench.app.received[0]?.payload['event']).not.toHaveProperty('bot_id');
  });

  it('in a thread names the message that it answers', async () => {
    const { ts } = await bench.client.chat.postMessage({ channel: 'C0001', text: 'card', blocks: CARD as never });
    await bench.drive('say', { user: 'U0003', channel: 'C0001', thread_ts: ts, text: 'Why?' });
    expect(bench.app.received[0]?.payload['event']).toMatchObject({
      thread_ts: ts,
      parent_user_id: bench.slack.env.SLACK_BOT_USER_ID,
    });
    expect((await bench.seen()).messages.at(-1)).toMatchObject({ user: 'U0003', thread_ts: ts, text: 'Why?' });
  });

  it('is not possible where the person or the message is not', async () => {
    expect((await bench.drive('say', { user: 'U0002', channel: 'C0999', text: 'x' })).status).toBe(404);
    const lost = { user: 'U0002', channel: 'C0001', thread_ts: '1700000000.000001', text: 'x' };
    expect((await bench.drive('say', lost)).status).toBe(404);
  });

  it('is not told to an app without the scope, nor to one that is not in the channel', async () => {
    bench.slack.putChannel({ id: 'C0009', name: 'elsewhere', flags: { is_member: false } });
    const { body } = await bench.drive('say', { user: 'U0002', channel: 'C0009', text: 'x' });
    expect(body).toMatchObject({ ok: true, delivered: false });
    expect(bench.app.received).toEqual([]);
  });

  it('is delivered again when the app failed', async () => {
    bench.app.react(() => (bench.app.received.length === 1 ? { status: 500 } : undefined));
    await bench.drive('say', { user: 'U0002', channel: 'C0001', text: 'again' });
    for (let wait = 0; wait < 200 && bench.app.received.length < 2; wait += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(bench.app.received[1]?.headers).toMatchObject({ 'x-slack-retry-num': '1' });
    expect(bench.app.received[1]?.rawBody).toBe(bench.app.received[0]?.rawBody);
  });
});

describe('the page', () => {
  it('has a line to type on in conversations and threads', async () => {
    const { ts } = await bench.client.chat.postMessage({ channel: 'C0001', text: 'root' });
    const page = await fetch(`${bench.slack.pageUrl}&as=U0002&at=C0001&thread=${ts}`);
    const text = await page.text();
    expect(text).toContain('data-compose="C0001"');
    expect(text).toContain(`data-reply="${ts}"`);
    expect(text).toContain('Reply as Bob');
  });
});
