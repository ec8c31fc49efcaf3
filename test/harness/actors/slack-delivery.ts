import { request } from 'node:http';
import { signature } from '../../../packages/local-slack/src/signing.js';
import type { Broker } from '../brokers/broker.js';
import type { Card } from './person.js';

type Members = Record<string, unknown>;

/** The value of this button of a card: the opaque id of the card. */
export function buttonValue(card: Card, actionId = 'writ_approve'): string {
  const elements = card.blocks.flatMap((block) => (block['elements'] ?? []) as Members[]);
  const value = elements.find((element) => element['action_id'] === actionId)?.['value'];
  if (typeof value !== 'string') throw new Error(`the card has no button ${actionId}`);
  return value;
}

function sender(broker: Broker, user: string): Members {
  const { SLACK_TEAM_ID: team, SLACK_APP_ID: app } = broker.slack.env;
  return {
    user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: team },
    api_app_id: app,
    token: 'legacy-token-that-proves-nothing',
    team: { id: team, domain: 'local' },
    enterprise: null,
    is_enterprise_install: false,
    trigger_id: `${Date.now()}.1.abc`,
  };
}

/** The payload of an honest click, for a test to change. */
export function clickPayload(broker: Broker, card: Card, user: string, actionId = 'writ_approve'): Members {
  return {
    type: 'block_actions',
    ...sender(broker, user),
    container: { type: 'message', message_ts: card.ts, channel_id: card.channel, is_ephemeral: false },
    channel: { id: card.channel, name: 'oncall' },
    message: { ts: card.ts, text: 'echoed', blocks: [] },
    state: { values: {} },
    response_url: `${broker.slack.url}/actions/T0001/canary`,
    actions: [
      { type: 'button', action_id: actionId, block_id: 'b', value: buttonValue(card, actionId), action_ts: '1.1' },
    ],
  };
}

/** The payload of a submitted deny modal that was opened from this card. */
export function denyPayload(broker: Broker, user: string, metadata: string, reason: string): Members {
  const value = { type: 'plain_text_input', value: reason };
  return {
    type: 'view_submission',
    ...sender(broker, user),
    view: {
      id: 'V0001',
      type: 'modal',
      callback_id: 'writ_deny_modal',
      private_metadata: metadata,
      state: { values: { reason: { reason: value } } },
    },
    response_urls: [],
  };
}

/** A payload as the form field in which Slack sends it. */
export const formOf = (payload: unknown): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

/** The headers of an honest delivery of this body. */
export function signedHeaders(
  broker: Broker,
  body: string,
  stamp = String(Math.floor(Date.now() / 1000)),
): Record<string, string> {
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': stamp,
    'x-slack-signature': signature(broker.slack.env.SLACK_SIGNING_SECRET, stamp, body),
  };
}

/** Posts bytes to a path exactly as spelt (no client tidies it), with headers that may be there twice. */
export function post(
  broker: Broker,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  method = 'POST',
): Promise<{ status: number; body: string }> {
  const { port } = new URL(broker.base);
  return new Promise((resolve, reject) => {
    const sent = { 'content-length': String(Buffer.byteLength(body)), ...headers };
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers: sent, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
