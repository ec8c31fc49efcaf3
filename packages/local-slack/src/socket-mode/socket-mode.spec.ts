import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { isObject, parseJson, type JsonObject } from '../json.js';
import { CARD, clientFor, refusal, REASON_MODAL, startWorkbench, type Workbench } from '../testing/workbench.js';

let bench: Workbench;
let ts: string;
const channel = 'C0001';

beforeEach(async () => {
  bench = await startWorkbench({ socketMode: true });
  ts = (await bench.client.chat.postMessage({ channel, text: 'card', blocks: CARD })).ts!;
});
afterEach(() => bench.close());

const appClient = () => clientFor(bench.slack, bench.slack.env.SLACK_APP_TOKEN ?? '');
const address = async (): Promise<string> => String((await appClient().apps.connections.open()).url);
const click = (more: object = {}) => bench.drive('click', { user: 'U0001', ts, action_id: 'writ_approve', ...more });

/** One connection of an app; everything that it hears, and what it answers to each envelope (nothing, when undefined). */
async function connect(answer: (envelope: JsonObject) => JsonObject | undefined = () => ({})) {
  const heard: JsonObject[] = [];
  const socket = new WebSocket(await address());
  const greeted = new Promise<void>((resolve) =>
    socket.on('message', (data: Buffer) => {
      const message = parseJson(data.toString());
      if (!isObject(message)) return;
      heard.push(message);
      resolve();
      const payload = message['envelope_id'] === undefined ? undefined : answer(message);
      if (payload !== undefined) socket.send(JSON.stringify({ envelope_id: message['envelope_id'], payload }));
    }),
  );
  await greeted;
  return { socket, heard, closed: new Promise<void>((resolve) => socket.once('close', () => resolve())) };
}

/** What an attempt to open a socket ends with. */
const attempt = (url: string, options: { headers?: Record<string, string>; origin?: string } = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, options);
    socket.on('open', () => resolve('open'));
    socket.on('error', (error) => resolve(error.message));
  });

/** The app rewrites the card, so that a click is over. */
const rewrite = (): JsonObject => {
  void bench.client.chat.update({ channel, ts, text: 'seen' });
  return {};
};

describe('apps.connections.open', () => {
  it('gives an address on loopback for the app-level token alone', async () => {
    expect(await address()).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/link\/\?ticket=[\w-]{24}&app_id=A\w+$/);
    const { client, slack } = bench;
    expect((await refusal(client.apps.connections.open())).error).toBe('not_allowed_token_type');
    expect((await refusal(clientFor(slack, 'xapp-1-other').apps.connections.open())).error).toBe('invalid_auth');
    expect((await refusal(appClient().auth.test())).error).toBe('not_allowed_token_type');
  });

  it('takes the token in the header only', async () => {
    const body = new URLSearchParams({ token: bench.slack.env.SLACK_APP_TOKEN ?? '' });
    const answer = await fetch(`${bench.slack.env.SLACK_API_URL}apps.connections.open`, { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ ok: false, error: 'not_authed' });
  });

  it('needs connections:write', async () => {
    const narrow = await startWorkbench({ socketMode: true, appScopes: ['authorizations:read'] });
    const client = clientFor(narrow.slack, narrow.slack.env.SLACK_APP_TOKEN ?? '');
    expect((await refusal(client.apps.connections.open())).error).toBe('missing_scope');
    await narrow.close();
  });

  it('knows no app-level token with Socket Mode off', async () => {
    const plain = await startWorkbench({ seed: { appToken: 'xapp-1-kept' } });
    expect(plain.slack.env).not.toHaveProperty('SLACK_APP_TOKEN');
    expect((await refusal(clientFor(plain.slack, 'xapp-1-kept').apps.connections.open())).error).toBe('invalid_auth');
    expect((await plain.drive('socket', { drop: true })).status).toBe(400);
    await plain.close();
  });
});

describe('a connection', () => {
  it('is greeted with the app and the number of connections', async () => {
    const { heard } = await connect();
    expect(heard).toMatchObject([
      { type: 'hello', num_connections: 1, connection_info: { app_id: bench.slack.env.SLACK_APP_ID } },
    ]);
  });

  it('is opened once by each address, within 30 s, at its own path and from here', async () => {
    const url = await address();
    expect(await attempt(url.replace('/link/', '/other/'))).toContain('404');
    expect(await attempt(url, { headers: { host: 'evil.example' } })).toContain('403');
    expect(await attempt(url, { origin: 'http://evil.example' })).toContain('403');
    expect(await attempt(url)).toBe('open');
    expect(await attempt(url)).toContain('403');
    const late = await address();
    bench.later(31_000);
    expect(await attempt(late)).toContain('403');
    expect(await attempt(url.replace(/ticket=[^&]*/, ''))).toContain('403');
  });

  it('is one of ten', async () => {
    for (let count = 0; count < 10; count += 1) await connect();
    const { heard } = await connect();
    expect(heard).toMatchObject([{ type: 'disconnect', reason: 'too_many_websockets' }]);
  });

  it('ends when the app says anything but an acknowledgement', async () => {
    const { socket, closed } = await connect();
    socket.send('{"type":"ping"}');
    await closed;
  });

  it('that was told to go gets nothing more, while a new one does', async () => {
    const old = await connect(rewrite);
    expect((await bench.drive('socket', { disconnect: 'refresh_requested' })).status).toBe(200);
    const fresh = await connect(rewrite);
    await click();
    expect(fresh.heard.map((message) => message['type'])).toEqual(['hello', 'interactive']);
    expect(old.heard.map((message) => message['type'])).toEqual(['hello', 'disconnect']);
  });
});

describe('what people do', () => {
  it('goes to any one connection and never to the request URL', async () => {
    const both = [await connect(rewrite), await connect(rewrite)];
    expect((await click()).body).toMatchObject({ ok: true, status: 200 });
    ts = (await bench.client.chat.postMessage({ channel, text: 'card', blocks: CARD })).ts!;
    expect((await click()).body).toMatchObject({ ok: true, status: 200 });
    const envelopes = both.map(({ heard }) => heard[1]);
    expect(envelopes).toMatchObject([1, 2].map(() => ({ type: 'interactive', accepts_response_payload: true })));
    expect(envelopes[0]).toMatchObject({ payload: { type: 'block_actions', container: { channel_id: channel } } });
    expect(envelopes[0]?.['envelope_id']).not.toBe(envelopes[1]?.['envelope_id']);
    expect(bench.app.received).toEqual([]);
  });

  it('fails before the person when no connection is open', async () => {
    expect((await click()).body).toMatchObject({ ok: false, error: 'no_socket', shown: expect.any(String) });
  });

  it('fails before the person when nothing is acknowledged in three seconds', async () => {
    await connect(() => undefined);
    expect((await click()).body).toMatchObject({ ok: false, error: 'socket_timeout', shown: expect.any(String) });
  });

  it('is answered by the payload of the acknowledgement', async () => {
    const errors = { reason: 'Please say why.' };
    await connect(({ payload }) => {
      if (!isObject(payload) || payload['type'] !== 'block_actions') return { response_action: 'errors', errors };
      void bench.client.views.open({ trigger_id: String(payload['trigger_id']), view: REASON_MODAL });
      return {};
    });
    const { view_id } = (await click({ action_id: 'writ_deny' })).body;
    const values = { reason: { reason: 'no' } };
    expect((await bench.drive('submit', { user: 'U0001', view_id, values })).body).toMatchObject({ ok: false, errors });
  });

  it('as an event comes again at once in a new envelope until it is acknowledged', async () => {
    let seen = 0;
    const { heard } = await connect(() => ((seen += 1) === 1 ? undefined : {}));
    await bench.drive('home', { user: 'U0001' });
    while (seen < 2) await new Promise((resolve) => setImmediate(resolve));
    const [, first, second] = heard;
    expect(first).toMatchObject({ type: 'events_api', accepts_response_payload: false, retry_attempt: 0 });
    expect(second).toMatchObject({ retry_attempt: 1, retry_reason: 'timeout', payload: first?.['payload'] });
    expect(second?.['envelope_id']).not.toBe(first?.['envelope_id']);
  });
});
