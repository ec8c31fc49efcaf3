import { WebClient } from '@slack/web-api';
import { ChannelStandings, judgeChannel, type ChannelStanding } from './channel-standing.js';
import { escapeMrkdwn } from './inert-text.js';
import { line, redactingLogger, type SlackLog } from './redacting-logger.js';
import { type SlackFault, slackFault } from './slack-fault.js';
import { judgeStanding } from './user-standing.js';
import type { CardMessage } from './views/approval-card.view.js';
import { sections, type WritModal } from './views/block-kit.js';
import type { WritHome } from './views/home.view.js';
import type { StandingReason } from './views/refusals.js';

export interface SlackGatewayOptions {
  readonly token: string;
  /** Base ending `/api/`; configuration lets only loopback and Slack's own hosts through. */
  readonly apiUrl: string;
  readonly teamId: string;
  readonly log: SlackLog;
  /** Watches each call by its method; answers exactly what `work` does. */
  readonly watch?: CallWatch;
  /** Milliseconds, any origin; ages the cache of standings. */
  readonly nowMs?: () => number;
}

export type CallWatch = <T extends { readonly kind: string }>(method: string, work: () => Promise<T>) => Promise<T>;

export type Posted = { readonly kind: 'ok'; readonly ts: string } | SlackFault;
export type Done = { readonly kind: 'ok' } | SlackFault;
export type UserStanding =
  { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly reason: StandingReason } | SlackFault;

const STANDING_CACHE_MS = 60_000;
const STANDING_CACHE_MAX = 5_000;
/** Nothing in a message of ours is parsed into mentions, links or previews. */
const INERT_POSTING = {
  parse: 'none',
  link_names: false,
  unfurl_links: false,
  unfurl_media: false,
  mrkdwn: false,
} as const;

/**
 * Slack's Web API as this product uses it. Two clients: a rate-limited or slow post must not delay the modal of a
 * person who has three seconds. Neither client retries by itself: a repeated post is a second card, so only `update`,
 * which is idempotent, is tried twice; the queue does the rest. Faults are values.
 */
export class SlackGateway {
  private readonly interactive: WebClient;
  private readonly bulk: WebClient;
  private readonly standings = new Map<string, number>();
  /** How often an account was forgotten: an answer that was asked for before is of the account as it was. */
  private forgotten = 0;
  private readonly channels: ChannelStandings;
  private readonly nowMs: () => number;
  private readonly watch: CallWatch;

  constructor(private readonly options: SlackGatewayOptions) {
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.watch = options.watch ?? ((_method, work) => work());
    this.channels = new ChannelStandings(
      (channel) => this.askChannel(channel),
      this.nowMs,
      (message) => options.log.warn(line([message])),
    );
    const shared = {
      slackApiUrl: options.apiUrl,
      allowAbsoluteUrls: false,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logger: redactingLogger(options.log),
    };
    this.interactive = new WebClient(options.token, { ...shared, timeout: 2_500 });
    this.bulk = new WebClient(options.token, { ...shared, timeout: 5_000 });
  }

  /**
   * Posts a message; `ts` is its id within the channel. A lost answer is `unavailable` with `maybeDone`. Nothing new goes
   * to a channel that people of another organisation read, or soon will: it is `gone`.
   */
  async post(channel: string, message: CardMessage, threadTs?: string): Promise<Posted> {
    const fault = await this.channels.against(channel);
    if (fault !== null) return fault;
    return this.watch('chat.postMessage', async () => {
      try {
        const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
        const answer = await this.bulk.chat.postMessage({ channel, ...message, ...INERT_POSTING, ...thread });
        return typeof answer.ts === 'string'
          ? { kind: 'ok', ts: answer.ts }
          : { kind: 'unavailable', error: 'no_ts', maybeDone: true };
      } catch (error) {
        return slackFault(error);
      }
    });
  }

  private askChannel(channel: string): Promise<ChannelStanding> {
    return this.watch('conversations.info', async () => {
      try {
        const error = judgeChannel((await this.bulk.conversations.info({ channel })).channel);
        return error === null ? { kind: 'ok' } : { kind: 'refused', error };
      } catch (error) {
        return slackFault(error);
      }
    });
  }

  /** The conversation with one person, opened when there was none. */
  openDirect(userId: string): Promise<{ readonly kind: 'ok'; readonly channel: string } | SlackFault> {
    return this.watch('conversations.open', async () => {
      try {
        const { channel } = await this.bulk.conversations.open({ users: userId });
        return typeof channel?.id === 'string'
          ? { kind: 'ok', channel: channel.id }
          : { kind: 'unavailable', error: 'no_channel', maybeDone: false };
      } catch (error) {
        return slackFault(error);
      }
    });
  }

  /** Rewrites a message; one lost answer is answered by trying once more. */
  async update(channel: string, ts: string, message: CardMessage): Promise<Done> {
    const call = (): Promise<Done> =>
      this.settle('chat.update', () =>
        this.bulk.chat.update({ channel, ts, ...message, parse: 'none', link_names: false }),
      );
    const first = await call();
    return first.kind === 'unavailable' && first.maybeDone ? call() : first;
  }

  /** A sentence that only `user` sees. `text` is ours; it is sent as a plain-text block and as escaped fallback. */
  async ephemeral(channel: string, user: string, text: string): Promise<Done> {
    return this.settle('chat.postEphemeral', () =>
      this.interactive.chat.postEphemeral({
        channel,
        user,
        text: escapeMrkdwn(text),
        blocks: sections([text]),
        parse: 'none',
        link_names: false,
      }),
    );
  }

  /** Puts a person's Home tab in place of the one before. */
  async publishHome(userId: string, view: WritHome): Promise<Done> {
    return this.settle('views.publish', () => this.interactive.views.publish({ user_id: userId, view }));
  }

  /** Opens a modal within the three seconds that a trigger lives. */
  async openModal(triggerId: string, view: WritModal): Promise<Done> {
    return this.settle('views.open', () => this.interactive.views.open({ trigger_id: triggerId, view }));
  }

  /**
   * Whether Slack lets this account count as a full member of our own workspace now. Only good answers are kept, for
   * at most 60 s; a profile that lacks a member is refused.
   */
  async userStanding(userId: string): Promise<UserStanding> {
    const knownUntil = this.standings.get(userId);
    if (knownUntil !== undefined && this.nowMs() < knownUntil) return { kind: 'ok' };
    this.standings.delete(userId);
    return this.watch('users.info', () => this.askStanding(userId));
  }

  private async askStanding(userId: string): Promise<UserStanding> {
    const askedAt = this.nowMs();
    const { forgotten } = this;
    try {
      const answer = await this.interactive.users.info({ user: userId });
      const reason = judgeStanding(answer.user, userId, this.options.teamId);
      if (reason !== null) return { kind: 'refused', reason };
    } catch (error) {
      const fault = slackFault(error);
      const unknown = fault.kind === 'gone' && (fault.error === 'user_not_found' || fault.error === 'user_not_visible');
      return unknown ? { kind: 'refused', reason: 'unknown_user' } : fault;
    }
    if (forgotten !== this.forgotten) return { kind: 'ok' };
    if (this.standings.size >= STANDING_CACHE_MAX) this.standings.clear();
    this.standings.set(userId, askedAt + STANDING_CACHE_MS);
    return { kind: 'ok' };
  }

  /** Drops what is kept about an account, when Slack says that it changed. */
  forgetUser(userId: string): void {
    this.forgotten += 1;
    this.standings.delete(userId);
  }

  private settle(method: string, call: () => Promise<unknown>): Promise<Done> {
    return this.watch(method, async () => {
      try {
        await call();
        return { kind: 'ok' };
      } catch (error) {
        return slackFault(error);
      }
    });
  }
}
