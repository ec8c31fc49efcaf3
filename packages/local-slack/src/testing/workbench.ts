import { LogLevel, WebClient } from '@slack/web-api';
import { isObject, parseJson, type JsonObject } from '../json.js';
import { startLocalSlack, type LocalSlack, type LocalSlackOptions } from '../server.js';
import { startReceiver, type AppReceiver } from './app-receiver.js';

/** A local Slack with an app beside it and a clock that only the test moves forward. */
export interface Workbench {
  readonly slack: LocalSlack;
  readonly app: AppReceiver;
  readonly client: WebClient;
  /** Moves the workspace's clock, in milliseconds. */
  later(ms: number): void;
  drive(route: string, body: unknown): Promise<{ status: number; body: JsonObject }>;
  seen(): Promise<{ messages: JsonObject[]; views: JsonObject[] }>;
  close(): Promise<void>;
}

/** Starts both; the client is Slack's own, without retries. */
export async function startWorkbench(options: LocalSlackOptions = {}): Promise<Workbench> {
  let ahead = 0;
  const app = await startReceiver();
  const slack = await startLocalSlack({ requestUrl: app.url, now: () => Date.now() + ahead, ...options });
  const headers = { 'x-dev-token': slack.token, 'content-type': 'application/json' };
  return {
    slack,
    app,
    client: clientFor(slack, slack.env.SLACK_BOT_TOKEN),
    later: (ms) => {
      ahead += ms;
    },
    drive: async (route, body) => {
      const response = await fetch(`${slack.url}/_dev/${route}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      const answer = parseJson(await response.text());
      return { status: response.status, body: isObject(answer) ? answer : {} };
    },
    seen: async () => {
      const response = await fetch(`${slack.url}/_dev/messages`, { headers });
      return (await response.json()) as { messages: JsonObject[]; views: JsonObject[] };
    },
    close: async () => {
      await slack.close();
      await app.close();
    },
  };
}

/** Slack's own client, pointed at the local workspace with this token. */
export function clientFor(slack: LocalSlack, token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.env.SLACK_API_URL,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      getLevel: () => LogLevel.ERROR,
      setName() {},
    },
  });
}

/** Runs a call that must fail; returns Slack's code and sentences. */
export async function refusal(call: Promise<unknown>): Promise<{ error: string; messages: string[] }> {
  try {
    await call;
  } catch (error) {
    const data = isObject((error as { data?: unknown }).data) ? (error as { data: JsonObject }).data : {};
    const metadata = isObject(data['response_metadata']) ? data['response_metadata'] : {};
    return { error: String(data['error']), messages: (metadata['messages'] as string[] | undefined) ?? [] };
  }
  throw new Error('the call was expected to fail');
}

/** A card with an Approve (asks first) and a Deny button. */
export const CARD = [
  { type: 'header', text: { type: 'plain_text', text: 'Access request' } },
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      {
        type: 'button',
        action_id: 'writ_approve',
        style: 'primary',
        value: 'card-1',
        text: { type: 'plain_text', text: 'Approve' },
        confirm: { text: { type: 'plain_text', text: 'Sure?' } },
      },
      { type: 'button', action_id: 'writ_deny', value: 'card-1', text: { type: 'plain_text', text: 'Deny' } },
    ],
  },
];

/** A modal that asks for a reason of at most 500 characters. */
export const REASON_MODAL = {
  type: 'modal' as const,
  callback_id: 'writ_deny_modal',
  private_metadata: 'card-1',
  notify_on_close: true,
  title: { type: 'plain_text' as const, text: 'Deny' },
  submit: { type: 'plain_text' as const, text: 'Deny' },
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: { type: 'plain_text', text: 'Reason' },
      element: { type: 'plain_text_input', action_id: 'reason', multiline: true, max_length: 500 },
    },
  ],
};
