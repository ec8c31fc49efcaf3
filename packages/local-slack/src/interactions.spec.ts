import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verifySlackRequest } from '@slack/bolt';
import type { JsonObject } from './json.js';
import { CARD, REASON_MODAL, startWorkbench, type Workbench } from './testing/workbench.js';

let bench: Workbench;
let ts: string;
const channel = 'C0001';

beforeEach(async () => {
  bench = await startWorkbench();
  const posted = await bench.client.chat.postMessage({ channel, text: 'card', blocks: CARD });
  ts = posted.ts!;
});
afterEach(() => bench.close());

/** The app rewrites the card at once, so that a click is over. */
const rewriteCard = (): Promise<void> => bench.client.chat.update({ channel, ts, text: 'seen' }).then(() => undefined);
const click = (more: object = {}): ReturnType<Workbench['drive']> =>
  bench.drive('click', { user: 'U0001', ts, action_id: 'writ_approve', ...more });

async function openReason(): Promise<string> {
  bench.app.react(async ({ payload }) => {
    if (payload['type'] === 'block_actions')
      await bench.client.views.open({ trigger_id: String(payload['trigger_id']), view: REASON_MODAL });
  });
  return String((await click({ action_id: 'writ_deny' })).body['view_id']);
}

describe('a click', () => {
  it('is delivered as Slack does it, signed over the raw body', async () => {
    bench.app.react(rewriteCard);
    expect(await click()).toEqual({ status: 200, body: { ok: true, status: 200, body: '' } });
    const { rawBody, headers, payload } = bench.app.received[0]!;
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(headers['user-agent']).toMatch(/^Slackbot 1\.0/);
    verifySlackRequest({
      signingSecret: bench.slack.env.SLACK_SIGNING_SECRET,
      body: rawBody,
      headers: {
        'x-slack-signature': String(headers['x-slack-signature']),
        'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
      },
    });
    expect(payload).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0001', username: 'alice', team_id: 'T0001' },
      api_app_id: bench.slack.env.SLACK_APP_ID,
      team: { id: 'T0001' },
      container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
      channel: { id: channel, name: 'payments-oncall' },
      message: { ts, blocks: [{ type: 'header' }, { type: 'actions' }] },
      actions: [{ action_id: 'writ_approve', block_id: 'decide', type: 'button', value: 'card-1' }],
    });
  });

  it('tells which modal the app opened in answer', async () => {
    const viewId = await openReason();
    expect((await bench.seen()).views).toMatchObject([
      { view_id: viewId, user: 'U0001', callback_id: 'writ_deny_modal' },
    ]);
  });

  it('shows the person an error when the app fails', async () => {
    bench.app.react(() => ({ status: 500 }));
    expect((await click()).body).toMatchObject({
      ok: false,
      status: 500,
      error: 'http_error',
      shown: expect.stringContaining('not responding'),
    });
  });

  it('shows the person an error when the app takes longer than three seconds', async () => {
    bench.app.react(() => ({ never: true }));
    expect((await click()).body).toMatchObject({ ok: false, status: 0, error: 'http_timeout' });
  });

  it.each([
    ['no such message', { ts: '1700000000.000100' }],
    ['no such button', { action_id: 'writ_elsewhere' }],
    ['no button with this value', { value: 'card-2' }],
    ['no such message in this channel', { channel: 'C0002' }],
    ['no such view', { ts: undefined, view_id: 'V1' }],
  ])('answers 404 when there is %s', async (_name, more) => {
    const { status, body } = await click(more);
    expect([status, body['ok']]).toEqual([404, false]);
    expect(bench.app.received).toEqual([]);
  });

  it('on an ephemeral message is for its reader alone', async () => {
    const only = await bench.client.chat.postEphemeral({ channel, user: 'U0002', text: 'x', blocks: CARD });
    expect((await click({ ts: only.message_ts })).status).toBe(404);
    bench.app.react(rewriteCard);
    await click({ ts: only.message_ts, user: 'U0002' }).then(({ status }) => expect(status).toBe(200));
    expect(bench.app.received[0]!.payload['message']).toBeUndefined();
  });
});

describe('a submission', () => {
  it.each([
    ['by block and action', { reason: { reason: 'not today' } }],
    ['by action alone', { reason: 'not today' }],
  ])('carries the values, given %s, and closes the modal', async (_name, values) => {
    const viewId = await openReason();
    expect((await bench.drive('submit', { user: 'U0001', view_id: viewId, values })).body).toMatchObject({
      ok: true,
      status: 200,
    });
    expect(bench.app.received.at(-1)!.payload).toMatchObject({
      type: 'view_submission',
      response_urls: [],
      view: {
        id: viewId,
        private_metadata: 'card-1',
        state: { values: { reason: { reason: { type: 'plain_text_input', value: 'not today' } } } },
      },
    });
    expect((await bench.seen()).views).toEqual([]);
  });

  it('is held back by Slack itself while a required or too long input stands', async () => {
    const viewId = await openReason();
    const before = bench.app.received.length;
    for (const reason of ['', 'x'.repeat(501)]) {
      const { body } = await bench.drive('submit', { user: 'U0001', view_id: viewId, values: { reason } });
      expect(body).toMatchObject({ ok: false, errors: { reason: expect.any(String) } });
    }
    expect(bench.app.received).toHaveLength(before);
  });

  const answers: [name: string, json: JsonObject, result: JsonObject, open: number][] = [
    [
      'errors keep it open',
      { response_action: 'errors', errors: { reason: 'Say more.' } },
      { ok: false, errors: { reason: 'Say more.' } },
      1,
    ],
    [
      'errors for no input are a failure',
      { response_action: 'errors', errors: { nowhere: 'x' } },
      { ok: false, error: 'invalid_response_action_errors' },
      1,
    ],
    [
      'update replaces it',
      { response_action: 'update', view: { ...REASON_MODAL, callback_id: 'next' } },
      { ok: true },
      1,
    ],
    ['push stacks another', { response_action: 'push', view: REASON_MODAL }, { ok: true }, 2],
    ['clear closes everything', { response_action: 'clear' }, { ok: true }, 0],
    ['a broken view is a failure', { response_action: 'update', view: { type: 'modal' } }, { ok: false }, 1],
  ];
  it.each(answers)('is answered: %s', async (_name, json, result, open) => {
    const viewId = await openReason();
    bench.app.react(() => ({ json }));
    const { body } = await bench.drive('submit', { user: 'U0001', view_id: viewId, values: { reason: 'no' } });
    expect(body).toMatchObject(result);
    expect((await bench.seen()).views).toHaveLength(open);
  });

  it('belongs to the person who has the modal open', async () => {
    const viewId = await openReason();
    expect((await bench.drive('submit', { user: 'U0002', view_id: viewId, values: { reason: 'no' } })).status).toBe(
      404,
    );
    expect((await bench.drive('submit', { user: 'U0001', view_id: viewId, values: { nowhere: 'no' } })).status).toBe(
      404,
    );
  });

  it('that is closed instead is told to the app that asked for it', async () => {
    const viewId = await openReason();
    await bench.drive('close', { user: 'U0001', view_id: viewId });
    expect(bench.app.received.at(-1)!.payload).toMatchObject({
      type: 'view_closed',
      view: { id: viewId },
      is_cleared: false,
    });
  });
});

describe('a response URL', () => {
  const post = async (url: string, body: object): Promise<number> =>
    (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }))
      .status;
  const responseUrl = async (): Promise<string> => {
    bench.app.react(rewriteCard);
    await click();
    return String(bench.app.received[0]!.payload['response_url']);
  };

  it('works five times', async () => {
    const url = await responseUrl();
    for (let use = 1; use <= 5; use += 1) expect(await post(url, { text: `use ${use}` })).toBe(200);
    expect(await post(url, { text: 'use 6' })).toBe(404);
    expect((await bench.seen()).messages.filter((message) => message['ephemeral_to'] === 'U0001')).toHaveLength(5);
  });

  it('works for thirty minutes', async () => {
    const url = await responseUrl();
    bench.later(30 * 60_000 + 1);
    expect(await post(url, { text: 'late' })).toBe(404);
  });

  it('replaces or deletes the message it came from', async () => {
    const url = await responseUrl();
    expect(await post(url, { replace_original: true, text: 'done', blocks: [] })).toBe(200);
    expect((await bench.seen()).messages[0]).toMatchObject({ text: 'done', blocks: [] });
    expect(await post(url, { delete_original: true })).toBe(200);
    expect((await bench.seen()).messages[0]).toMatchObject({ deleted: true });
  });
});

describe('other deliveries', () => {
  it('open the Home tab by a signed event and wait for it to be published', async () => {
    bench.app.react(async ({ payload }) => {
      const { user } = payload['event'] as { user: string };
      await bench.client.views.publish({ user_id: user, view: { type: 'home', blocks: [{ type: 'divider' }] } });
    });
    expect((await bench.drive('home', { user: 'U0003' })).body).toMatchObject({
      ok: true,
      view_id: expect.stringMatching(/^V/),
    });
    expect(bench.app.received[0]).toMatchObject({
      headers: { 'content-type': 'application/json' },
      payload: {
        type: 'event_callback',
        team_id: 'T0001',
        event: { type: 'app_home_opened', user: 'U0003', tab: 'home' },
      },
    });
  });

  it('repeat a failed event at once, with its number, until told not to', async () => {
    const second = new Promise<void>((resolve) =>
      bench.app.react(({ headers }) => {
        if (headers['x-slack-retry-num'] === undefined) return { status: 500 };
        resolve();
        return { status: 500, headers: { 'x-slack-no-retry': '1' } };
      }),
    );
    await bench.drive('home', { user: 'U0003' });
    await second;
    expect(bench.app.received[1]!.headers).toMatchObject({
      'x-slack-retry-num': '1',
      'x-slack-retry-reason': 'http_error',
    });
    expect(bench.app.received[1]!.rawBody).toBe(bench.app.received[0]!.rawBody);
  });

  it('can be forged by a test: stamp, signature, headers and body as it says', async () => {
    const sent = await bench.drive('deliver', {
      payload: { type: 'block_actions' },
      timestamp: 1_700_000_000,
      signature: 'v0=00',
      headers: { 'x-extra': 'yes', 'user-agent': null },
    });
    expect(sent.body).toMatchObject({ ok: true, status: 200 });
    const { headers } = bench.app.received[0]!;
    expect(headers).toMatchObject({
      'x-slack-request-timestamp': '1700000000',
      'x-slack-signature': 'v0=00',
      'x-extra': 'yes',
    });
    expect(headers['user-agent']).toBeUndefined();
  });

  it('go to loopback only', () => {
    expect(() => bench.slack.setRequestUrl('https://example.com/slack/events')).toThrow(/loopback/);
  });
});
