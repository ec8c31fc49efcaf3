import { checkBlocks, tooMuchText } from '../block-kit/blocks.js';
import { normaliseBlocks } from '../block-kit/normalise.js';
import { characters, Report } from '../block-kit/rules.js';
import { isObject, stringOf, type JsonObject } from '../json.js';
import type { Channel, Message, Workspace } from '../workspace.js';
import { Args, done, fail, type Answer, type CallServices } from './call.js';

const MESSAGE_BLOCKS_MAX = 50;
/** Slack advises 4,000 characters, cuts a new message at 40,000 and refuses an update beyond 4,000. */
const POST_TEXT_MAX = 40_000;
const UPDATE_TEXT_MAX = 4_000;
const METADATA_BYTES_MAX = 8_000;

/** The parts of a message that its author sets, checked. */
interface Content {
  readonly text: string;
  readonly blocks: JsonObject[] | undefined;
  readonly metadata: JsonObject | undefined;
}

/** Takes the arguments of a post or update; returns the checked content, or Slack's refusal. */
export function readContent(args: Args, textMax = POST_TEXT_MAX): Content | Answer {
  const text = args.text('text');
  if (characters(text) > textMax) return fail('msg_too_long');
  let blocks: JsonObject[] | undefined;
  if (args.has('blocks')) {
    const given = args.json('blocks');
    if (!Array.isArray(given)) return fail('invalid_blocks_format');
    const report = new Report();
    checkBlocks(given, MESSAGE_BLOCKS_MAX, '/blocks', report);
    if (!report.clean) return fail('invalid_blocks', report.messages);
    if (tooMuchText(given)) return fail('msg_blocks_too_long');
    blocks = normaliseBlocks(given);
  }
  const metadata = args.has('metadata') ? args.object('metadata') : undefined;
  if (args.has('metadata')) {
    const empty = metadata && Object.keys(metadata).length === 0;
    if (!metadata || (!empty && (stringOf(metadata, 'event_type') === '' || !isObject(metadata['event_payload']))))
      return fail('invalid_metadata_format');
    if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX) return fail('metadata_too_large');
  }
  return { text, blocks, metadata };
}

/** Takes a message that an app answered with; returns Slack's refusal, undefined when there is none. */
export function refusedContent(message: JsonObject): string | undefined {
  const content = readContent(new Args(message));
  return refused(content) && !content.ok ? [content.error, ...(content.messages ?? [])].join(' ') : undefined;
}

const refused = (value: Content | Answer): value is Answer => 'ok' in value;

/** A message as Slack writes it in answers and payloads. */
export function wireMessage(message: Message, workspace: Workspace): JsonObject {
  const { credentials } = workspace;
  const own = message.user === credentials.botUserId;
  return {
    user: message.user,
    type: 'message',
    ts: message.ts,
    ...(own ? { bot_id: credentials.botId, app_id: credentials.appId } : {}),
    text: message.text,
    team: credentials.teamId,
    ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}),
    ...(message.edited ? { edited: message.edited } : {}),
    ...(message.metadata ? { metadata: message.metadata } : {}),
    blocks: message.blocks,
  };
}

/** A conversation by id or name; a person's id means the conversation with that person. */
function conversation(workspace: Workspace, wanted: string): Channel | undefined {
  if (workspace.people.has(wanted)) return workspace.directMessage(wanted).channel;
  const name = wanted.replace(/^#/, '');
  return (
    workspace.channels.get(wanted) ??
    [...workspace.channels.values()].find((channel) => !channel.user && channel.name === name)
  );
}

/** The conversation that the app may write to, or Slack's refusal. */
function writable(workspace: Workspace, wanted: string): Channel | Answer {
  const channel = conversation(workspace, wanted);
  if (!channel) return fail('channel_not_found');
  if (channel.flags['is_archived'] === true) return fail('is_archived');
  return workspace.isMember(channel, workspace.credentials.botUserId) ? channel : fail('not_in_channel');
}

/** The root of the thread to answer in; an answer to an answer goes to the root. */
function threadRoot(workspace: Workspace, channel: Channel, args: Args): { root?: string } | Answer {
  if (!args.has('thread_ts')) return {};
  const wanted = args.text('thread_ts');
  if (!/^\d{10}\.\d{6}$/.test(wanted)) return fail('invalid_thread_ts');
  const parent = workspace.find(wanted, channel.id);
  return parent ? { root: parent.thread_ts ?? parent.ts } : fail('thread_not_found');
}

function compose(desk: CallServices, args: Args, ephemeralTo?: string): Message | Answer {
  const { workspace } = desk;
  const channel = writable(workspace, args.text('channel'));
  if ('ok' in channel) return channel;
  const content = readContent(args);
  if (refused(content)) return content;
  if (content.text === '' && !content.blocks?.length) return fail('no_text');
  const thread = threadRoot(workspace, channel, args);
  if ('ok' in thread) return thread;
  if (ephemeralTo !== undefined && !workspace.people.has(ephemeralTo)) return fail('user_not_found');
  if (ephemeralTo !== undefined && !workspace.isMember(channel, ephemeralTo)) return fail('user_not_in_channel');
  return workspace.add({
    channel: channel.id,
    ts: workspace.stamp(),
    ...(thread.root ? { thread_ts: thread.root } : {}),
    user: workspace.credentials.botUserId,
    text: content.text,
    blocks: content.blocks ?? [],
    ...(content.metadata && Object.keys(content.metadata).length > 0 ? { metadata: content.metadata } : {}),
    ...(ephemeralTo ? { ephemeral_to: ephemeralTo } : {}),
    mrkdwn: args.flag('mrkdwn', true),
  });
}

/** `chat.postMessage`: posts to a channel, a thread or a person. */
export function postMessage(desk: CallServices, args: Args): Answer {
  const message = compose(desk, args);
  if ('ok' in message) return message;
  return done({ channel: message.channel, ts: message.ts, message: wireMessage(message, desk.workspace) });
}

/** `chat.postEphemeral`: a message that only one person in the channel sees. */
export function postEphemeral(desk: CallServices, args: Args): Answer {
  const message = compose(desk, args, args.text('user'));
  return 'ok' in message ? message : done({ message_ts: message.ts });
}

/** `chat.update`: rewrites an own message; blocks and metadata that are not given stay. */
export function update(desk: CallServices, args: Args): Answer {
  const { workspace } = desk;
  const channel = writable(workspace, args.text('channel'));
  if ('ok' in channel) return channel;
  const message = workspace.find(args.text('ts'), channel.id);
  if (!message) return fail('message_not_found');
  if (message.user !== workspace.credentials.botUserId) return fail('cant_update_message');
  const content = readContent(args, UPDATE_TEXT_MAX);
  if (refused(content)) return content;
  if (!args.has('text') && !args.has('blocks')) return fail('no_text');
  applyUpdate(workspace, message, content, args.has('text'));
  return done({ channel: channel.id, ts: message.ts, text: message.text, message: wireMessage(message, workspace) });
}

/** Takes a stored message and checked content; rewrites what was given. */
export function applyUpdate(workspace: Workspace, message: Message, content: Content, withText: boolean): void {
  if (withText) message.text = content.text;
  if (content.blocks) message.blocks = content.blocks;
  if (content.metadata) message.metadata = Object.keys(content.metadata).length > 0 ? content.metadata : undefined;
  message.edited = { user: workspace.credentials.botUserId, ts: workspace.stamp() };
  workspace.touched(message);
}
