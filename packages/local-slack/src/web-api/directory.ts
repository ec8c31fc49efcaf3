import type { JsonObject } from '../json.js';
import type { Channel, Person, Workspace } from '../workspace.js';
import { done, fail, type Answer, type Args, type CallServices } from './call.js';

/** `auth.test`: who the token belongs to. */
export function authTest({ workspace }: CallServices): Answer {
  const { credentials } = workspace;
  return done({
    url: 'https://local.slack.invalid/',
    team: 'Local workspace',
    user: 'writ',
    team_id: credentials.teamId,
    user_id: credentials.botUserId,
    bot_id: credentials.botId,
    is_enterprise_install: false,
  });
}

/** `conversations.open`: the conversation with one person. */
export function openConversation({ workspace }: CallServices, args: Args): Answer {
  const known = workspace.channels.get(args.text('channel'));
  const users = args.text('users').split(',').filter(Boolean);
  if (args.has('channel') && known?.kind !== 'im') return fail('channel_not_found');
  const user = known?.user ?? users[0];
  if (!user) return fail('users_list_not_supplied');
  if (users.length > 1) return fail('method_not_supported_for_channel_type');
  if (!workspace.people.has(user)) return fail('user_not_found');
  const { channel, opened } = workspace.directMessage(user);
  return done({
    ...(opened ? {} : { no_op: true, already_open: true }),
    channel: args.flag('return_im') ? wireChannel(channel, workspace) : { id: channel.id },
  });
}

/** A conversation as Slack writes it; its flags override. */
function wireChannel(channel: Channel, workspace: Workspace): JsonObject {
  const im = channel.kind === 'im';
  return {
    id: channel.id,
    ...(im ? { user: channel.user } : { name: channel.name, name_normalized: channel.name }),
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_im: im,
    is_mpim: false,
    is_private: channel.kind !== 'public',
    is_archived: false,
    is_general: false,
    is_shared: false,
    is_ext_shared: false,
    is_org_shared: false,
    is_pending_ext_shared: false,
    is_member: true,
    context_team_id: workspace.credentials.teamId,
    ...channel.flags,
  };
}

/** `conversations.info`: facts of one conversation. */
export function conversationInfo({ workspace }: CallServices, args: Args): Answer {
  const channel = workspace.channels.get(args.text('channel'));
  if (!channel) return fail('channel_not_found');
  const botUser = workspace.credentials.botUserId;
  if (channel.kind === 'private' && !workspace.isMember(channel, botUser)) return fail('channel_not_found');
  const members = [...workspace.people.keys()].filter((user) => workspace.isMember(channel, user)).length + 1;
  return done({
    channel: {
      ...wireChannel(channel, workspace),
      ...(args.flag('include_num_members') ? { num_members: members } : {}),
    },
  });
}

/** A person as Slack writes it; the person's flags override. */
function wirePerson(person: Person, teamId: string): JsonObject {
  return {
    id: person.user,
    team_id: teamId,
    name: person.name,
    real_name: person.realName,
    deleted: false,
    tz: 'Etc/UTC',
    tz_offset: 0,
    profile: { real_name: person.realName, display_name: person.name, team: teamId },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_stranger: false,
    is_bot: false,
    is_app_user: false,
    is_workflow_bot: false,
    is_connector_bot: false,
    is_email_confirmed: true,
    ...person.flags,
  };
}

/** `users.info`: facts of one person, or of the app's own user. */
export function userInfo({ workspace }: CallServices, args: Args): Answer {
  const { botUserId, teamId } = workspace.credentials;
  const bot: Person = { user: botUserId, name: 'writ', realName: 'Writ', flags: { is_bot: true } };
  const person = args.text('user') === botUserId ? bot : workspace.people.get(args.text('user'));
  return person ? done({ user: wirePerson(person, teamId) }) : fail('user_not_found');
}
