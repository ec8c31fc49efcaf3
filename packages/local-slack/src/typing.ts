import { readAnswer, type CommandReply } from './command-reply.js';
import type { DeliveryChannel, Delivered } from './delivery.js';
import { NOT_RESPONDING, type NotThere, type Outcome } from './outcome.js';
import { commandFields, memberJoined, saidEvent } from './payloads.js';
import type { ResponseUrls } from './response-urls.js';
import type { CallServices } from './web-api/call.js';
import { refusedContent } from './web-api/chat.js';
import type { Channel, ChannelInput, Message } from './workspace.js';

/** What a typed command brought; `reply` is what the app answered at once. */
export type CommandOutcome = Outcome & { readonly reply?: CommandReply };

/** What was said; `delivered` is false when the app does not hear this conversation. */
export type SaidOutcome = Outcome & { readonly ts: string; readonly delivered: boolean };

/** The scope that an app needs to hear what people say in each kind of conversation. */
const HISTORY_SCOPES = { public: 'channels:history', private: 'groups:history', im: 'im:history' } as const;
/** The scope that an app needs to hear who came into each kind of conversation. */
const JOINED_SCOPES = { public: 'channels:read', private: 'groups:read', im: 'im:read' } as const;
const COMMAND = /^\/[a-z0-9_-]{1,31}$/;

/** What people type here, delivered to the app as Slack would: slash commands and messages. */
export class Typing {
  constructor(
    private readonly desk: CallServices,
    private readonly delivery: DeliveryChannel,
    private readonly responseUrls: ResponseUrls,
    private readonly baseUrl: () => string,
    private readonly scopes: readonly string[],
  ) {}

  /**
   * A person types a slash command, in `channelId` or in their conversation with the app. What the app answers at once is
   * shown as Slack shows it: to this person alone unless it says `in_channel`.
   */
  async command(
    user: string,
    typed: { command: string; text: string; channelId?: string },
  ): Promise<CommandOutcome | NotThere> {
    const { workspace, triggers } = this.desk;
    const { command, text, channelId } = typed;
    if (!COMMAND.test(command)) return { notThere: `${command} is not a command` };
    // Slack's own; the app sees the event and not the command.
    if (command === '/invite' && channelId !== undefined) return this.invite(user, channelId);
    if (!this.scopes.includes('commands')) return { notThere: `${command} is not a valid command here` };
    const channel = this.place(user, channelId);
    if ('notThere' in channel) return channel;
    const responseUrl = this.baseUrl() + this.responseUrls.issue(user, { channel: channel.id }, 'commands');
    const place = { channel, triggerId: triggers.issue(user), responseUrl };
    const delivered = await this.delivery.command(commandFields(workspace, user, { command, text, ...place }));
    if (!delivered.ok) return failed(command, delivered);
    const reply = readAnswer(delivered);
    if (reply === null) return sent(delivered);
    const fault = 'invalid' in reply ? reply.invalid : refusedContent({ text: reply.text, blocks: reply.blocks });
    if (fault !== undefined || 'invalid' in reply)
      return { ...sent(delivered), ok: false, error: fault ?? 'invalid_reply', shown: `${command} failed` };
    this.show(reply, channel, user);
    return { ...sent(delivered), reply };
  }

  /** A person says something, in a thread when `threadTs` names a message. */
  async say(
    user: string,
    said: { channelId: string; threadTs?: string; text: string },
  ): Promise<SaidOutcome | NotThere> {
    const { workspace } = this.desk;
    const channel = this.place(user, said.channelId);
    if ('notThere' in channel) return channel;
    const parent = said.threadTs === undefined ? undefined : workspace.find(said.threadTs, channel.id);
    if (said.threadTs !== undefined && parent === undefined)
      return { notThere: `there is no message ${said.threadTs} in ${channel.id}` };
    const root = parent && (parent.thread_ts ?? parent.ts);
    const message = workspace.add({
      channel: channel.id,
      ts: workspace.stamp(),
      ...(root === undefined ? {} : { thread_ts: root }),
      user,
      text: escaped(said.text),
      blocks: [],
      mrkdwn: true,
    });
    if (!this.hears(channel)) return { ok: true, status: 0, body: '', ts: message.ts, delivered: false };
    const thread = root === undefined ? undefined : workspace.find(root, channel.id);
    const delivered = await this.delivery.event(saidEvent(workspace, channel, message, thread));
    return { ...sent(delivered), ts: message.ts, delivered: true };
  }

  /** A person invites the app into a channel; it hears of that when it was not there before. */
  async invite(user: string, channelId: string): Promise<Outcome | NotThere> {
    const channel = this.place(user, channelId);
    if ('notThere' in channel) return channel;
    const { is_member: _left, ...flags } = channel.flags;
    return this.putChannel(
      { id: channel.id, name: channel.name, kind: channel.kind as 'public' | 'private', flags },
      user,
    );
  }

  /** Adds or replaces a channel; an app that is in it now and was not before hears of that. */
  async putChannel(input: ChannelInput, inviter?: string): Promise<Outcome> {
    const { workspace } = this.desk;
    const { botUserId } = workspace.credentials;
    const before = workspace.channels.get(input.id);
    const wasIn = before !== undefined && workspace.isMember(before, botUserId);
    const channel = workspace.putChannel(input);
    const joined = !wasIn && workspace.isMember(channel, botUserId);
    if (!joined || !this.scopes.includes(JOINED_SCOPES[channel.kind])) return { ok: true, status: 0, body: '' };
    return sent(await this.delivery.event(memberJoined(workspace, channel, botUserId, inviter)));
  }

  /** An app hears a conversation that it is in, when it has the scope for its kind. */
  private hears(channel: Channel): boolean {
    const { workspace } = this.desk;
    return (
      workspace.isMember(channel, workspace.credentials.botUserId) && this.scopes.includes(HISTORY_SCOPES[channel.kind])
    );
  }

  private place(user: string, channelId: string | undefined): Channel | NotThere {
    const { workspace } = this.desk;
    if (channelId === undefined) return workspace.directMessage(user).channel;
    const channel = workspace.channels.get(channelId);
    if (channel === undefined) return { notThere: `there is no channel ${channelId}` };
    return workspace.isMember(channel, user) ? channel : { notThere: `${user} is not in ${channelId}` };
  }

  private show(reply: CommandReply, channel: Channel, user: string): void {
    const { workspace } = this.desk;
    const message: Message = {
      channel: channel.id,
      ts: workspace.stamp(),
      user: workspace.credentials.botUserId,
      text: reply.text,
      blocks: reply.blocks,
      ...(reply.response_type === 'in_channel' ? {} : { ephemeral_to: user }),
      mrkdwn: true,
    };
    workspace.add(message);
  }
}

/** People's typed text as Slack writes it in payloads. */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function sent({ ok, status, body, error }: Delivered): Outcome {
  return ok ? { ok, status, body } : { ok, status, body, error, shown: NOT_RESPONDING };
}

function failed(command: string, delivered: Delivered): Outcome {
  const why = delivered.error === 'http_timeout' ? 'operation_timeout' : 'dispatch_failed';
  return { ...sent(delivered), shown: `${command} failed with the error "${why}"` };
}
