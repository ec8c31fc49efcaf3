import type { EventRow } from '#escalations/watch/history.js';
import type { AddressedNotice, NoticePlace } from './notice.js';

/** One way to tell people beside Slack’s cards. It tells and never takes a decision. */
export abstract class NoticeChannel {
  abstract readonly kind: NoticePlace['kind'];
  /** Sends a notice to one place. Rejects when the place has not taken it; the same notice may then come again. */
  abstract send(addressed: AddressedNotice): Promise<void>;
}

/** Every channel of this process. */
export class NoticeChannels {
  constructor(private readonly channels: readonly NoticeChannel[]) {}

  /** The channel for such places, `null` when none is configured. */
  for(kind: NoticePlace['kind']): NoticeChannel | null {
    return this.channels.find((channel) => channel.kind === kind) ?? null;
  }
}

/** One event and one place. */
export interface NoticeKey {
  readonly escalationId: string;
  readonly eventId: string;
  readonly channel: NoticePlace['kind'];
  /** As `placeOf` says it. */
  readonly target: string;
}

/** Which places were told of which events. */
export abstract class NoticeStore {
  /** Events of the escalation of these types that are at most so old, and those of `ofAnyAge`; oldest first. */
  abstract recentEvents(
    escalationId: string,
    types: readonly string[],
    withinSeconds: number,
    ofAnyAge: readonly string[],
  ): Promise<EventRow[]>;
  /** Leases the sending to one caller. `sent`: it was told before; `busy`: another is telling it at this moment. */
  abstract claim(key: NoticeKey, leaseSeconds: number): Promise<'claimed' | 'sent' | 'busy'>;
  abstract sent(key: NoticeKey): Promise<void>;
  /** Gives the lease back and keeps why. @param error one short line */
  abstract failed(key: NoticeKey, error: string): Promise<void>;
}

/** The guarded way out to a registered URL. */
export abstract class WebhookPost {
  /** `accepted` when the answer is 2xx; never follows a redirect. */
  abstract post(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<'accepted' | { readonly fault: string }>;
}
