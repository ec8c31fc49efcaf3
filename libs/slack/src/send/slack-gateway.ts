import { WebClient } from '@slack/web-api';
import { ChannelStatuses, judgeChannel, type ChannelStatus } from './channel-status.js';
import { Complaints } from './complaints.js';
import { escapeMrkdwn } from '../views/inert-text.js';
import { line, redactingLogger, type SlackLog } from '../redacting-logger.js';
import { answerAt } from './response-url.js';
import { type SlackFault, slackFault } from './slack-fault.js';
import { gridOf, judgeAccount, type AccountStatus } from './account-status.js';
import type { CardMessage } from '../views/card/approval-card.view.js';
import { sections, type WritModal } from '../views/block-kit.js';
import type { WritHome } from '../views/home.view.js';

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
  private readonly accounts = new Map<string, { readonly until: number; readonly organisation: string | null }>();
  /** How often an account was forgotten: an answer that was asked for before is of the account as it was. */
  private forgotten = 0;
  private readonly channels: ChannelStatuses;
  private readonly nowMs: () => number;
  private readonly watch: CallWatch;
  private readonly complaints: Complaints;

  constructor(private readonly options: SlackGatewayOptions) {
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.watch = options.watch ?? ((_method, work) => work());
    this.complaints = new Complaints(options.log);
    this.channels = new ChannelStatuses(
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
    if (fault !== null) {
      // A channel that is refused was told of by whoever judged it.
      if (fault.kind === 'unavailable') this.complaints.heard('chat.postMessage', channel, fault);
      return fault;
    }
    return this.heard('chat.postMessage', channel, async () => {
      try {
        const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
        const answer = await this.bulk.chat.postMessage({ channel, ...message, ...INERT_POSTING, ...thread });
        return typeof answer.ts === 'string'
          ? { kind: 'ok', ts: answer.ts }
          : { kind: 'unavailable', error: 'no_ts', maybeDone: true };
      } catch (error) {
        return slackFault(error, 'chat.postMessage');
      }
    });
  }

  private askChannel(channel: string): Promise<ChannelStatus> {
    return this.watch('conversations.info', async () => {
      try {
        const error = judgeChannel((await this.bulk.conversations.info({ channel })).channel);
        return error === null ? { kind: 'ok' } : { kind: 'refused', error };
      } catch (error) {
        return slackFault(error, 'conversations.info');
      }
    });
  }

  /** The conversation with one person, opened when there was none. */
  openDirect(userId: string): Promise<{ readonly kind: 'ok'; readonly channel: string } | SlackFault> {
    return this.heard('conversations.open', null, async () => {
      try {
        const { channel } = await this.bulk.conversations.open({ users: userId });
        return typeof channel?.id === 'string'
          ? { kind: 'ok', channel: channel.id }
          : { kind: 'unavailable', error: 'no_channel', maybeDone: false };
      } catch (error) {
        return slackFault(error, 'conversations.open');
      }
    });
  }

  /** Rewrites a message; one lost answer is answered by trying once more. */
  async update(channel: string, ts: string, message: CardMessage): Promise<Done> {
    const call = (): Promise<Done> =>
      this.settle('chat.update', channel, () =>
        this.bulk.chat.update({ channel, ts, ...message, parse: 'none', link_names: false }),
      );
    const first = await call();
    return first.kind === 'unavailable' && first.maybeDone ? call() : first;
  }

  /** A sentence that only `user` sees. `text` is ours; it is sent as a plain-text block and as escaped fallback. */
  async ephemeral(channel: string, user: string, text: string): Promise<Done> {
    return this.settle('chat.postEphemeral', channel, () =>
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
    return this.settle('views.publish', null, () => this.interactive.views.publish({ user_id: userId, view }));
  }

  /** Opens a modal within the three seconds that a trigger lives. */
  async openModal(triggerId: string, view: WritModal): Promise<Done> {
    return this.settle('views.open', null, () => this.interactive.views.open({ trigger_id: triggerId, view }));
  }

  /**
   * A sentence to whoever clicked, at the click's own response URL, for channels in which the app may not speak. A URL of
   * any other host than Slack's is not called.
   */
  async respond(responseUrl: string, text: string): Promise<Done> {
    const how = { response_type: 'ephemeral', replace_original: false };
    const message = { text: escapeMrkdwn(text), blocks: sections([text]), ...how };
    return this.watch('response_url', () => answerAt(this.options.apiUrl, responseUrl, message));
  }

  /**
   * Whether Slack lets this account count as a full member of our own workspace now, and of `organisation` where the
   * delivery names one. Only good answers are kept, for at most 60 s; a profile that lacks a member is refused.
   */
  async accountStatus(userId: string, organisation?: string): Promise<AccountStatus> {
    const known = this.accounts.get(userId);
    const good = known !== undefined && this.nowMs() < known.until;
    if (good && isOf(known.organisation, organisation)) return { kind: 'ok' };
    this.accounts.delete(userId);
    return this.heard('users.info', null, () => this.askAccount(userId, organisation));
  }

  private async askAccount(userId: string, wanted: string | undefined): Promise<AccountStatus> {
    const askedAt = this.nowMs();
    const { forgotten } = this;
    let organisation: string | null;
    try {
      const answer = await this.interactive.users.info({ user: userId });
      const reason = judgeAccount(answer.user, userId, this.options.teamId);
      if (reason !== null) return { kind: 'refused', reason };
      organisation = gridOf(answer.user)?.organisation ?? null;
    } catch (error) {
      const fault = slackFault(error, 'users.info');
      const unknown = fault.kind === 'gone' && (fault.error === 'user_not_found' || fault.error === 'user_not_visible');
      return unknown ? { kind: 'refused', reason: 'unknown_user' } : fault;
    }
    if (!isOf(organisation, wanted)) return { kind: 'refused', reason: 'wrong_workspace' };
    if (forgotten !== this.forgotten) return { kind: 'ok' };
    if (this.accounts.size >= STANDING_CACHE_MAX) this.accounts.clear();
    this.accounts.set(userId, { until: askedAt + STANDING_CACHE_MS, organisation });
    return { kind: 'ok' };
  }

  /** Drops what is kept about an account, when Slack says that it changed. */
  forgetUser(userId: string): void {
    this.forgotten += 1;
    this.accounts.delete(userId);
  }

  private settle(method: string, place: string | null, call: () => Promise<unknown>): Promise<Done> {
    return this.heard(method, place, async () => {
      try {
        await call();
        return { kind: 'ok' };
      } catch (error) {
        return slackFault(error, method);
      }
    });
  }

  /** Watched, and what Slack refuses the app in it is told in the log. */
  private async heard<T extends { readonly kind: string }>(
    method: string,
    place: string | null,
    work: () => Promise<T>,
  ): Promise<T> {
    const answer = await this.watch(method, work);
    this.complaints.heard(method, place, answer);
    return answer;
  }
}

/** An account whose click names an organisation must be that organisation's own, by its profile. */
function isOf(own: string | null, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === own;
}
