import { randomId, type Credentials } from './credentials.js';
import type { JsonObject } from './json.js';

/** A person of the workspace; `flags` override members of the user object that `users.info` answers. */
export interface Person {
  readonly user: string;
  readonly name: string;
  readonly realName: string;
  readonly flags: JsonObject;
}

/** A conversation; an `im` is between the app and `user`. `flags` override members of `conversations.info`. */
export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly kind: 'public' | 'private' | 'im';
  readonly user?: string;
  readonly flags: JsonObject;
}

/** A message as the app posted it; `ts` is its id within the channel. */
export interface Message {
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly user: string;
  text: string;
  blocks: JsonObject[];
  metadata?: JsonObject;
  readonly ephemeral_to?: string;
  deleted?: boolean;
  edited?: { user: string; ts: string };
  /** False when the app asked that `text` be shown as it stands. */
  readonly mrkdwn: boolean;
}

/** Something that a person could see happen. */
export type Change =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'view'; readonly user: string; readonly viewId: string; readonly triggerId?: string }
  | { readonly kind: 'directory' };

export type PersonInput = { user: string; name: string; realName?: string; flags?: JsonObject };
export type ChannelInput = { id: string; name: string; kind?: 'public' | 'private'; flags?: JsonObject };

/** Milliseconds since the epoch; an argument so that tests can move it. */
export type Clock = () => number;

/** People, conversations and messages, in memory: a development Slack forgets everything when it ends. */
export class Workspace {
  readonly people = new Map<string, Person>();
  readonly channels = new Map<string, Channel>();
  readonly messages: Message[] = [];
  /** Grows with every change; the page asks for what is newer than the version it shows. */
  version = 1;
  private lastStamp = 0;
  private readonly listeners = new Set<(change: Change) => void>();

  constructor(
    readonly credentials: Credentials,
    readonly now: Clock,
    people: readonly PersonInput[],
    channels: readonly ChannelInput[],
  ) {
    for (const person of people) this.putPerson(person);
    for (const channel of channels) this.putChannel(channel);
  }

  putPerson({ user, name, realName, flags }: PersonInput): Person {
    const person = {
      user,
      name,
      realName: realName ?? name.charAt(0).toUpperCase() + name.slice(1),
      flags: flags ?? {},
    };
    this.people.set(user, person);
    this.changed({ kind: 'directory' });
    return person;
  }

  putChannel({ id, name, kind, flags }: ChannelInput): Channel {
    const channel: Channel = { id, name, kind: kind ?? 'public', flags: flags ?? {} };
    this.channels.set(id, channel);
    this.changed({ kind: 'directory' });
    return channel;
  }

  /** The conversation between the app and this person, opened when it does not exist. */
  directMessage(user: string): { channel: Channel; opened: boolean } {
    const known = [...this.channels.values()].find((channel) => channel.user === user);
    if (known) return { channel: known, opened: false };
    const channel: Channel = { id: `D${randomId(9)}`, name: 'directmessage', kind: 'im', user, flags: {} };
    this.channels.set(channel.id, channel);
    this.changed({ kind: 'directory' });
    return { channel, opened: true };
  }

  /** False for a channel that the app was removed from, and for another person's conversation. */
  isMember(channel: Channel, user: string): boolean {
    if (user === this.credentials.botUserId) return channel.flags['is_member'] !== false;
    const members = channel.flags['members'];
    return channel.user ? channel.user === user : !Array.isArray(members) || members.includes(user);
  }

  /** A new stamp like `1700000000.000100`, later than every one before. */
  stamp(): string {
    this.lastStamp = Math.max(this.lastStamp + 100, this.now() * 1000);
    const seconds = Math.floor(this.lastStamp / 1_000_000);
    return `${seconds}.${String(this.lastStamp % 1_000_000).padStart(6, '0')}`;
  }

  add(message: Message): Message {
    this.messages.push(message);
    this.changed({ kind: 'message', message });
    return message;
  }

  /** Tells everybody that this stored message is not what it was. */
  touched(message: Message): void {
    this.changed({ kind: 'message', message });
  }

  /** The message that still stands under this stamp; ephemeral ones only when asked for. */
  find(ts: string, channel?: string, withEphemeral = false): Message | undefined {
    return this.messages.find(
      (message) =>
        message.ts === ts &&
        !message.deleted &&
        (channel === undefined || message.channel === channel) &&
        (withEphemeral || !message.ephemeral_to),
    );
  }

  /** Calls the listener with every change until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed(change: Change): void {
    this.version += 1;
    for (const listener of [...this.listeners]) listener(change);
  }
}
