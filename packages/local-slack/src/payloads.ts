import { randomBytes, randomUUID } from 'node:crypto';
import { stringOf, type JsonObject } from './json.js';
import type { Channel, Message, Workspace } from './workspace.js';
import { wireMessage } from './web-api/chat.js';

function person(workspace: Workspace, user: string): JsonObject {
  const name = workspace.people.get(user)?.name ?? user.toLowerCase();
  return { id: user, username: name, name, team_id: workspace.credentials.teamId };
}

/** The members that every interaction payload has. `token` is Slack's legacy one and proves nothing. */
function envelope(type: string, workspace: Workspace, user: string): JsonObject {
  return {
    type,
    user: person(workspace, user),
    api_app_id: workspace.credentials.appId,
    token: 'legacy-token-that-proves-nothing',
    team: { id: workspace.credentials.teamId, domain: 'local' },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** Takes an element, its block and its state (of a select, of an input); returns the `actions` entry of a payload. */
export function actionOf(element: JsonObject, blockId: string, state: JsonObject | undefined, ts: string): JsonObject {
  return {
    action_id: element['action_id'],
    block_id: blockId,
    type: element['type'],
    ...(element['text'] ? { text: element['text'] } : {}),
    ...(typeof element['value'] === 'string' ? { value: element['value'] } : {}),
    ...(element['style'] ? { style: element['style'] } : {}),
    ...state,
    action_ts: ts,
  };
}

function channelName(channel: Channel): string {
  return channel.kind === 'im' ? 'directmessage' : channel.kind === 'private' ? 'privategroup' : channel.name;
}

/** `block_actions` for an element of a message. */
export function messageAction(
  workspace: Workspace,
  click: {
    user: string;
    message: Message;
    channel: Channel;
    action: JsonObject;
    triggerId: string;
    responseUrl: string;
  },
): JsonObject {
  const { user, message, channel } = click;
  return {
    ...envelope('block_actions', workspace, user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: message.ephemeral_to !== undefined,
      ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}),
    },
    trigger_id: click.triggerId,
    channel: { id: channel.id, name: channelName(channel) },
    ...(message.ephemeral_to ? {} : { message: wireMessage(message, workspace) }),
    state: { values: {} },
    response_url: click.responseUrl,
    actions: [click.action],
  };
}

/** `block_actions` for an element of a modal or Home tab: no channel, no message, no response URL. */
export function viewAction(
  workspace: Workspace,
  click: { user: string; view: JsonObject; action: JsonObject; triggerId: string },
): JsonObject {
  return {
    ...envelope('block_actions', workspace, click.user),
    container: { type: 'view', view_id: stringOf(click.view, 'id') },
    trigger_id: click.triggerId,
    view: click.view,
    actions: [click.action],
  };
}

/** `view_submission`: a modal's submit button. */
export function viewSubmission(workspace: Workspace, user: string, view: JsonObject, triggerId: string): JsonObject {
  return { ...envelope('view_submission', workspace, user), trigger_id: triggerId, view, response_urls: [] };
}

/** `view_closed`: a modal was left without submitting. */
export function viewClosed(workspace: Workspace, user: string, view: JsonObject, cleared: boolean): JsonObject {
  return { ...envelope('view_closed', workspace, user), view, is_cleared: cleared };
}

/** The fields of a slash command. `channelName` and `user_name` are for people; an app must not trust them. */
export function commandFields(
  workspace: Workspace,
  user: string,
  typed: { command: string; text: string; channel: Channel; triggerId: string; responseUrl: string },
): Record<string, string> {
  const { teamId, appId } = workspace.credentials;
  return {
    token: 'legacy-token-that-proves-nothing',
    team_id: teamId,
    team_domain: 'local',
    channel_id: typed.channel.id,
    channel_name: channelName(typed.channel),
    user_id: user,
    user_name: workspace.people.get(user)?.name ?? user.toLowerCase(),
    command: typed.command,
    text: typed.text,
    api_app_id: appId,
    is_enterprise_install: 'false',
    response_url: typed.responseUrl,
    trigger_id: typed.triggerId,
  };
}

/** The event `app_home_opened` in its envelope. */
export function homeOpened(workspace: Workspace, user: string, channel: Channel, view?: JsonObject): JsonObject {
  return eventOf(workspace, {
    type: 'app_home_opened',
    user,
    channel: channel.id,
    tab: 'home',
    event_ts: workspace.stamp(),
    ...(view ? { view } : {}),
  });
}

const CHANNEL_TYPES = { public: 'channel', private: 'group', im: 'im' } as const;

/** The event `message` of what a person said; `parent` is the root of the thread it was said in. */
export function saidEvent(workspace: Workspace, channel: Channel, message: Message, parent?: Message): JsonObject {
  return eventOf(workspace, {
    type: 'message',
    user: message.user,
    text: message.text,
    ts: message.ts,
    client_msg_id: randomUUID(),
    team: workspace.credentials.teamId,
    ...(parent ? { thread_ts: parent.ts, parent_user_id: parent.user } : {}),
    channel: channel.id,
    channel_type: CHANNEL_TYPES[channel.kind],
    event_ts: message.ts,
  });
}

/** The event `member_joined_channel` of an account that came into a channel. */
export function memberJoined(workspace: Workspace, channel: Channel, user: string, inviter?: string): JsonObject {
  return eventOf(workspace, {
    type: 'member_joined_channel',
    user,
    channel: channel.id,
    channel_type: channel.kind === 'private' ? 'G' : 'C',
    team: workspace.credentials.teamId,
    ...(inviter === undefined ? {} : { inviter }),
    event_ts: workspace.stamp(),
  });
}

/** An event in its envelope. */
function eventOf(workspace: Workspace, event: JsonObject): JsonObject {
  const { credentials } = workspace;
  return {
    token: 'legacy-token-that-proves-nothing',
    team_id: credentials.teamId,
    api_app_id: credentials.appId,
    event,
    type: 'event_callback',
    event_id: `Ev${randomBytes(8).toString('hex').toUpperCase()}`,
    event_time: Math.floor(workspace.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: credentials.teamId,
        user_id: credentials.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  };
}
