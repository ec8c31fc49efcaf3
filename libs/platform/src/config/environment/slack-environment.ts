import type { Variables } from './environment-variables.js';
import { isLoopbackHost, urlOf } from '../../outbound/network-addresses.js';

/** One Slack workspace and our app in it, given from outside so that start-up needs no call to Slack. */
export interface SlackConnection {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly appId: string;
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
  /** Present: Socket Mode beside the request URL; `null`: the request URL alone. */
  readonly appToken: string | null;
  /** Ends `/api/`. */
  readonly apiUrl: string;
}

const WORKSPACE = [
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_ID',
  'SLACK_TEAM_ID',
  'SLACK_BOT_ID',
  'SLACK_BOT_USER_ID',
] as const;
const IDS = ['SLACK_APP_ID', 'SLACK_TEAM_ID', 'SLACK_BOT_ID', 'SLACK_BOT_USER_ID'] as const;

const SLACK_APIS: readonly string[] = ['https://slack.com/api/', 'https://slack-gov.com/api/'];

/** Slack's own are 32 hexadecimal digits; a short key makes forged clicks cheap. */
const SIGNING_SECRET_LENGTH_MIN = 16;

/** True when any variable of the Slack set is present. */
export function anySlackVariable(variables: Variables): boolean {
  return [...WORKSPACE, 'SLACK_APP_TOKEN' as const, 'SLACK_API_URL' as const].some((name) => variables.isSet(name));
}

/** The workspace, or null when no variable of it is set; a partial set is noted as a problem. */
export function readSlack(variables: Variables): SlackConnection | null {
  if (!anySlackVariable(variables)) return null;
  const { problems } = variables;
  const missing = WORKSPACE.filter((name) => !variables.isSet(name));
  if (missing.length > 0) problems.add('SLACK_*', `is all or none: ${missing.join(', ')} not set`);
  const value = Object.fromEntries(WORKSPACE.map((name) => [name, variables.read(name) ?? ''])) as Record<
    (typeof WORKSPACE)[number],
    string
  >;
  for (const name of IDS) {
    if (value[name] !== '' && !/^[A-Za-z0-9]{1,64}$/.test(value[name])) problems.add(name, 'must be a Slack id');
  }
  const secret = value.SLACK_SIGNING_SECRET;
  if (secret !== '' && secret.length < SIGNING_SECRET_LENGTH_MIN) {
    problems.add('SLACK_SIGNING_SECRET', `must have at least ${SIGNING_SECRET_LENGTH_MIN} characters`);
  }
  return {
    botToken: value.SLACK_BOT_TOKEN,
    signingSecret: secret,
    appId: value.SLACK_APP_ID,
    teamId: value.SLACK_TEAM_ID,
    botId: value.SLACK_BOT_ID,
    botUserId: value.SLACK_BOT_USER_ID,
    appToken: variables.read('SLACK_APP_TOKEN'),
    apiUrl: readApiUrl(variables),
  };
}

/** The bot token goes wherever this URL points: hence Slack's own hosts or this machine, and nothing else. */
function readApiUrl(variables: Variables): string {
  const text = variables.read('SLACK_API_URL');
  if (text === null || SLACK_APIS.includes(text)) return text ?? 'https://slack.com/api/';
  const url = urlOf(text);
  const isLocal =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    isLoopbackHost(url.hostname) &&
    url.username + url.password === '' &&
    text.endsWith('/api/') &&
    !/[?#\s\\]/.test(text);
  if (!isLocal) variables.problems.add('SLACK_API_URL', `must be ${SLACK_APIS.join(', ')} or end /api/ on loopback`);
  return text;
}
