import type { SlackFault } from './slack-fault.js';

/** What Slack says of a channel: `refused` where nothing new may be posted. */
export type ChannelStatus =
  { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly error: ChannelRefusal } | SlackFault;

/** Why nothing new is posted in a channel; stands in the history and the log. */
export type ChannelRefusal = 'channel_shared_externally' | 'channel_about_to_be_shared' | 'channel_archived';

/** Judges `channel` of `conversations.info`: `null` when only our own organisation reads there, as far as Slack says. */
export function judgeChannel(channel: unknown): ChannelRefusal | null {
  if (typeof channel !== 'object' || channel === null) return null;
  const facts = channel as Readonly<Record<string, unknown>>;
  if (facts['is_ext_shared'] === true) return 'channel_shared_externally';
  if (facts['is_pending_ext_shared'] === true) return 'channel_about_to_be_shared';
  return facts['is_archived'] === true ? 'channel_archived' : null;
}

/** How long a good standing is believed. */
const CACHE_MS = 60_000;
const CACHE_MAX = 1_000;

/**
 * Whether a channel may be posted in. Only good answers are kept, for at most 60 s. A conversation with one person is
 * nobody else's, and is not asked about.
 */
export class ChannelStatuses {
  private readonly goodUntil = new Map<string, number>();
  private scopeMissed = false;

  constructor(
    private readonly ask: (channel: string) => Promise<ChannelStatus>,
    private readonly nowMs: () => number,
    private readonly warn: (message: string) => void,
  ) {}

  /** Why nothing can be posted there now, as a fault of the posting; `null` when it may be. */
  async against(channel: string): Promise<SlackFault | null> {
    const askedAt = this.nowMs();
    if (channel.startsWith('D') || askedAt < (this.goodUntil.get(channel) ?? -Infinity)) return null;
    this.goodUntil.delete(channel);
    const status = await this.ask(channel);
    switch (status.kind) {
      case 'ok':
        if (this.goodUntil.size >= CACHE_MAX) this.goodUntil.clear();
        this.goodUntil.set(channel, askedAt + CACHE_MS);
        return null;
      case 'refused':
        this.warn(`nothing is posted in channel ${channel}: ${status.error}`);
        return { kind: 'gone', error: status.error };
      case 'gone':
        // Slack says the same of the post, if it is true there.
        return null;
      case 'rate_limited':
        return status;
      case 'unavailable':
        if (status.error !== 'missing_scope') return { ...status, maybeDone: false };
        this.missScope();
        return null;
    }
  }

  private missScope(): void {
    if (!this.scopeMissed)
      this.warn(
        'the app lacks channels:read or groups:read: a channel that is shared with another organisation goes unnoticed',
      );
    this.scopeMissed = true;
  }
}
