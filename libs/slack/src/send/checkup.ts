import { WebClient } from '@slack/web-api';
import { judgeChannel } from './channel-status.js';
import { redactingLogger } from '../redacting-logger.js';
import { adviceOn, refusalOf, slackFault } from './slack-fault.js';

/** One thing looked at: `problem` is `null` where all is well, else what is wrong and what to do. */
export interface Finding {
  readonly about: string;
  readonly problem: string | null;
}

/** The workspace and app as configuration names them. */
export interface CheckedApp {
  readonly botToken: string;
  readonly apiUrl: string;
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
}

/** What each scope of the app is needed for. */
export const SCOPES: Readonly<Record<string, string>> = {
  'chat:write': 'cards, and answers to clicks',
  'users:read': 'clicks: without it none counts',
  'im:write': 'reminders to single people',
  'channels:read': 'noticing that a public channel is shared or archived',
  'groups:read': 'noticing that a private channel is shared or archived',
  commands: '/writ',
  'channels:history': 'talk under cards in public channels',
  'groups:history': 'talk under cards in private channels',
};

const TIMEOUT_MS = 5_000;

/** Asks Slack whether the app is who it should be, may do what it needs, and is in each of these channels. Changes nothing. */
export async function checkSlack(app: CheckedApp, channels: readonly string[]): Promise<Finding[]> {
  const client = new WebClient(app.botToken, {
    slackApiUrl: app.apiUrl,
    allowAbsoluteUrls: false,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: TIMEOUT_MS,
    logger: redactingLogger({ warn: () => undefined, error: () => undefined }),
  });
  const signIn = await checkSignIn(client, app);
  if (signIn.scopes === null) return signIn.findings;
  const found: Finding[] = [...signIn.findings, ...checkScopes(signIn.scopes)];
  for (const channel of channels) found.push(await checkChannel(client, channel));
  return found;
}

async function checkSignIn(
  client: WebClient,
  app: CheckedApp,
): Promise<{ readonly findings: Finding[]; readonly scopes: readonly string[] | null }> {
  try {
    const answer = await client.auth.test();
    const wrong = [
      ['SLACK_TEAM_ID', app.teamId, answer.team_id],
      ['SLACK_BOT_ID', app.botId, answer.bot_id],
      ['SLACK_BOT_USER_ID', app.botUserId, answer.user_id],
    ].filter(([, configured, real]) => configured !== real);
    const problem = wrong.map(([name, configured, real]) => `${name} is ${configured}, and should be ${real}`);
    const { scopes } = (answer.response_metadata ?? {}) as { scopes?: readonly string[] };
    return {
      findings: [{ about: 'sign-in at Slack', problem: problem.length === 0 ? null : problem.join('; ') }],
      scopes: scopes ?? [],
    };
  } catch (error) {
    return { findings: [{ about: 'sign-in at Slack', problem: wordsFor(error, 'auth.test') }], scopes: null };
  }
}

function checkScopes(granted: readonly string[]): Finding[] {
  return Object.entries(SCOPES).map(([scope, use]) => ({
    about: `scope ${scope}`,
    problem: granted.includes(scope)
      ? null
      : `missing, needed for ${use}: ${adviceOn({ error: 'missing_scope', scope })}`,
  }));
}

async function checkChannel(client: WebClient, channel: string): Promise<Finding> {
  const about = `channel ${channel}`;
  try {
    const { channel: facts } = await client.conversations.info({ channel });
    const error = judgeChannel(facts) ?? (facts?.is_member === true ? null : 'not_in_channel');
    return { about, problem: error === null ? null : `${error}: ${adviceOn({ error, scope: null })}` };
  } catch (error) {
    return { about, problem: wordsFor(error, 'conversations.info') };
  }
}

function wordsFor(error: unknown, method: string): string {
  const fault = slackFault(error, method);
  const refusal = refusalOf(fault);
  if (refusal !== null) return `${refusal.error}: ${adviceOn(refusal)}`;
  return `Slack cannot be asked now (${fault.kind === 'rate_limited' ? 'it asks for patience' : fault.error})`;
}
