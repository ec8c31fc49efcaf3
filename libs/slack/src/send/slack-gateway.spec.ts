import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SlackGateway } from './slack-gateway.js';
import { approvalCard } from '../views/card/approval-card.view.js';
import { denyModal } from '../views/deny-modal.view.js';
import { SAMPLE_CARD } from '../views/card/sample-card.fixture.js';

const token = `xoxb-${'1'.repeat(12)}-canary`;
const member = {
  id: 'U0002',
  team_id: 'T0001',
  deleted: false,
  is_bot: false,
  is_app_user: false,
  is_restricted: false,
  is_ultra_restricted: false,
  is_email_confirmed: true,
};

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly reset?: boolean;
}

let server: Server;
let calls: { method: string; form: URLSearchParams; authorization: string | undefined }[];
let answers: Answer[];
let logged: string[];
/** What `conversations.info` answers, and how often it was asked. */
let channelAnswer: Answer;
let channelAsks: number;
let nowMs: number;
let gateway: SlackGateway;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  const method = (request.url ?? '').replace('/api/', '');
  const ofChannel = method === 'conversations.info';
  if (ofChannel) channelAsks += 1;
  else calls.push({ method, form, authorization: request.headers.authorization });
  const answer = (ofChannel ? channelAnswer : answers.shift()) ?? { body: { ok: true, ts: '1700000000.000100' } };
  if (answer.reset === true) {
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body ?? {}));
}

beforeEach(async () => {
  calls = [];
  answers = [];
  logged = [];
  channelAnswer = channel({});
  channelAsks = 0;
  nowMs = 0;
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const keep = (message: string) => void logged.push(message);
  gateway = new SlackGateway({
    token,
    apiUrl: `http://127.0.0.1:${port}/api/`,
    teamId: 'T0001',
    log: { warn: keep, error: keep },
    nowMs: () => nowMs,
  });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const channel = (flags: Record<string, unknown>): Answer => ({
  body: { ok: true, channel: { id: 'C0001', ...flags } },
});
const card = approvalCard(SAMPLE_CARD);
const user = (over: Record<string, unknown>) => ({ body: { ok: true, user: { ...member, ...over } } });

describe('the gateway to Slack', () => {
  it('posts with every parser of Slack off and the card’s id in the metadata', async () => {
    expect(await gateway.post('C0001', card)).toEqual({ kind: 'ok', ts: '1700000000.000100' });
    const form = calls[0]?.form;
    const sent = Object.fromEntries(
      ['parse', 'link_names', 'mrkdwn', 'unfurl_links', 'unfurl_media'].map((name) => [name, form?.get(name)]),
    );
    expect(sent).toEqual({
      parse: 'none',
      link_names: 'false',
      mrkdwn: 'false',
      unfurl_links: 'false',
      unfurl_media: 'false',
    });
    expect(JSON.parse(form?.get('metadata') ?? '')).toMatchObject({ event_payload: { card_id: SAMPLE_CARD.cardId } });
  });

  it('sends a refusal to one person and opens a modal', async () => {
    expect(await gateway.ephemeral('C0001', 'U0002', 'You are <not> eligible')).toEqual({ kind: 'ok' });
    expect(await gateway.openModal('1.2.x', denyModal(SAMPLE_CARD))).toEqual({ kind: 'ok' });
    expect(calls.map((call) => call.method)).toEqual(['chat.postEphemeral', 'views.open']);
    expect(calls[0]?.form.get('text')).toBe('You are &lt;not&gt; eligible');
  });

  it('tells rate limits, lost causes and trouble apart', async () => {
    answers = [
      { status: 429, headers: { 'retry-after': '17' } },
      { body: { ok: false, error: 'is_archived' } },
      { body: { ok: false, error: 'internal_error' } },
      { body: { ok: false, error: 'invalid_auth' } },
      { status: 500 },
    ];
    const faults = [];
    for (let n = 0; n < 5; n += 1) faults.push(await gateway.post('C0001', card));
    expect(faults).toMatchObject([
      { kind: 'rate_limited', retryAfterSeconds: 17 },
      { kind: 'gone', error: 'is_archived' },
      { kind: 'unavailable', maybeDone: true },
      { kind: 'unavailable', maybeDone: false },
      { kind: 'unavailable', maybeDone: true },
    ]);
  });

  it.each([
    ['channel_shared_externally', { is_ext_shared: true }],
    ['channel_about_to_be_shared', { is_pending_ext_shared: true }],
    ['channel_archived', { is_archived: true }],
  ])('posts nothing new in a channel that is no longer ours alone: %s', async (error, flags) => {
    channelAnswer = channel(flags);
    for (let n = 0; n < 2; n += 1) expect(await gateway.post('C0001', card)).toEqual({ kind: 'gone', error });
    expect(calls).toEqual([]);
    expect(logged.join()).toContain(`nothing is posted in channel C0001: ${error}`);
    channelAnswer = channel({ is_shared: true, is_org_shared: true });
    expect(await gateway.post('C0001', card)).toMatchObject({ kind: 'ok' });
  });

  it('believes a channel’s good standing for 60 seconds, and asks about no conversation with one person', async () => {
    for (const at of [0, 59_999, 60_000]) {
      nowMs = at;
      await gateway.post('C0001', card);
    }
    await gateway.post('D0001', card);
    expect([channelAsks, calls.length]).toEqual([2, 4]);
  });

  it('waits while Slack cannot tell about a channel, and posts where the app may not ask, saying so once', async () => {
    channelAnswer = { status: 500 };
    expect(await gateway.post('C0001', card)).toMatchObject({ kind: 'unavailable', maybeDone: false });
    channelAnswer = { status: 429, headers: { 'retry-after': '9' } };
    expect(await gateway.post('C0001', card)).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 9 });
    expect(calls).toEqual([]);
    for (const error of ['missing_scope', 'missing_scope', 'channel_not_found']) {
      channelAnswer = { body: { ok: false, error } };
      expect(await gateway.post('C0001', card)).toMatchObject({ kind: 'ok' });
    }
    expect(logged.filter((message) => message.includes('goes unnoticed'))).toHaveLength(1);
  });

  it('never repeats a post whose answer was lost, and repeats an update once', async () => {
    answers = [{ reset: true }];
    expect((await gateway.post('C0001', card)).kind).toBe('unavailable');
    expect(calls).toHaveLength(1);
    answers = [{ status: 500 }];
    expect(await gateway.update('C0001', '1700000000.000100', card)).toEqual({ kind: 'ok' });
    expect(calls).toHaveLength(3);
  });

  it('opens modals while posts are rate limited', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '30' } }];
    await gateway.post('C0001', card);
    expect(await gateway.openModal('1.2.x', denyModal(SAMPLE_CARD))).toEqual({ kind: 'ok' });
  });

  it('keeps a good standing for 60 seconds, and nothing else', async () => {
    answers = [{ status: 500 }, user({ deleted: true }), user({}), user({ is_restricted: true })];
    expect((await gateway.accountStatus('U0002')).kind).toBe('unavailable');
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'refused', reason: 'deactivated' });
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'ok' });
    nowMs = 59_999;
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'ok' });
    expect(calls).toHaveLength(3);
    nowMs = 60_000;
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'refused', reason: 'guest' });
  });

  it('asks again about a person once told to forget', async () => {
    answers = [user({}), user({ deleted: true })];
    await gateway.accountStatus('U0002');
    gateway.forgetUser('U0002');
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'refused', reason: 'deactivated' });
  });

  it('keeps no answer that was asked for before it was told to forget', async () => {
    answers = [user({}), user({ deleted: true })];
    const early = gateway.accountStatus('U0002');
    gateway.forgetUser('U0002');
    expect(await early).toEqual({ kind: 'ok' });
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'refused', reason: 'deactivated' });
  });

  it.each([
    ['unknown_user', { body: { ok: false, error: 'user_not_found' } }],
    ['bot', user({ is_bot: true })],
    ['bot', user({ is_app_user: true })],
    ['bot', user({ is_workflow_bot: true })],
    ['bot', user({ is_connector_bot: true })],
    ['guest', user({ is_restricted: true })],
    ['guest', user({ is_ultra_restricted: true })],
    ['stranger', user({ is_stranger: true, team_id: 'T0009' })],
    ['email_unconfirmed', user({ is_email_confirmed: false })],
    ['wrong_workspace', user({ team_id: 'T0009' })],
    ['incomplete_profile', user({ team_id: undefined })],
    ['incomplete_profile', user({ is_restricted: undefined })],
    ['incomplete_profile', user({ is_bot: 'no' })],
    ['incomplete_profile', user({ id: 'U0009' })],
    ['incomplete_profile', { body: { ok: true } }],
  ])('refuses as %s', async (reason, answer) => {
    answers = [answer];
    expect(await gateway.accountStatus('U0002')).toEqual({ kind: 'refused', reason });
  });

  it('logs no token and no payload', async () => {
    answers = [
      { reset: true },
      { status: 500 },
      { status: 500 },
      { body: { ok: false, error: 'invalid_blocks', response_metadata: { messages: ['[ERROR] x'] } } },
    ];
    await gateway.post('C0001', card);
    await gateway.update('C0001', '1.2', card);
    await gateway.post('C0001', card);
    expect(calls[0]?.authorization).toContain(token);
    expect(logged.join('\n')).not.toMatch(/xoxb|canary|Refund|Bearer|card-3f1c/);
  });
});
