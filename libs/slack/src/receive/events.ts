import { isObject, member } from '#domain/json.js';

/** The account that an event comes from; the code that acts on it checks that workspace and app are ours. */
interface EventSender {
  /** `''`, which is no workspace, where a Home tab was opened and the event does not say in which. */
  readonly teamId: string;
  readonly apiAppId: string;
  readonly userId: string;
}

/** A person opened the app's Home tab. */
export interface HomeOpened extends EventSender {
  readonly kind: 'home_opened';
}

/** A person wrote in a thread. */
export interface SaidInThread extends EventSender {
  readonly kind: 'said';
  readonly channel: string;
  readonly ts: string;
  /** The message whose thread it is. */
  readonly threadTs: string;
  /** As Slack writes it: `&`, `<` and `>` as entities, mentions and links in angle brackets. */
  readonly text: string;
}

/** An account changed. */
export interface UserChanged extends EventSender {
  readonly kind: 'user_changed';
}

/** An account came into a channel; of interest when it is the app's own. */
export interface MemberJoined extends EventSender {
  readonly kind: 'joined';
  readonly channel: string;
}

export type SlackEvent = HomeOpened | SaidInThread | UserChanged | MemberJoined;

const SLACK_ID = /^[A-Z0-9]{1,32}$/;
const SLACK_TS = /^\d{1,16}\.\d{1,6}$/;
/** Messages of people carry none; a reply that is shown in the channel too is still a reply. */
const SAID: ReadonlySet<unknown> = new Set([undefined, 'thread_broadcast']);

/**
 * An `event_callback` as one of the events Writ knows, or `null`: other types, messages outside threads, edits and
 * deletions, and whatever a bot or an app wrote, this one included.
 */
export function parseSlackEvent(payload: Readonly<Record<string, unknown>>): SlackEvent | null {
  const event = payload['event'];
  const apiAppId = id(payload['api_app_id']);
  if (!isObject(event) || apiAppId === null) return null;
  const teamId = id(payload['team_id']) ?? (event['type'] === 'app_home_opened' ? '' : null);
  if (teamId === null) return null;
  if (event['type'] === 'user_change') {
    const changed = id(member(event['user'], 'id'));
    return changed === null ? null : { kind: 'user_changed', teamId, apiAppId, userId: changed };
  }
  const userId = id(event['user']);
  if (userId === null) return null;
  const sender = { teamId, apiAppId, userId };
  if (event['type'] === 'app_home_opened') return event['tab'] === 'home' ? { kind: 'home_opened', ...sender } : null;
  if (event['type'] === 'member_joined_channel') {
    const channel = id(event['channel']);
    return channel === null ? null : { kind: 'joined', ...sender, channel };
  }
  return event['type'] === 'message' ? said(event, sender) : null;
}

function said(event: Readonly<Record<string, unknown>>, sender: EventSender): SaidInThread | null {
  const { subtype, channel, ts, thread_ts: threadTs, text } = event;
  if (!SAID.has(subtype) || event['bot_id'] !== undefined || event['app_id'] !== undefined) return null;
  if (event['hidden'] === true || event['edited'] !== undefined) return null;
  const at = id(channel);
  if (at === null || !stamp(ts) || !stamp(threadTs) || ts === threadTs || typeof text !== 'string') return null;
  return { kind: 'said', ...sender, channel: at, ts, threadTs, text };
}

/** What a person typed, without the three entities in which Slack writes it. Mentions and links stay as they are written. */
export function typedText(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

function id(value: unknown): string | null {
  return typeof value === 'string' && SLACK_ID.test(value) ? value : null;
}

function stamp(value: unknown): value is string {
  return typeof value === 'string' && SLACK_TS.test(value);
}
