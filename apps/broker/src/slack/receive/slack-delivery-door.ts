import type { OnApplicationShutdown } from '@nestjs/common';
import { LIMITS } from '#domain/limits.js';
import { LATE, within } from '#domain/within.js';
import { MinuteLine } from '#platform/observe/minute-line.js';
import type { BoltApp } from '#slack/receive/bolt-app.js';
import { parseSlackBody, verifySlackDelivery, type RawHeaders, type SlackBody } from '#slack/receive/ingress.js';
import { type SlackDeliveries } from '#slack/ports.js';
import { line, type SlackLog } from '#slack/redacting-logger.js';
import { asDelivery, type SocketEnvelope } from '#slack/socket/socket-envelope.js';
import { NOT_DONE, TOO_SLOW, type SlackEventRouter } from '../people/slack-event-router.js';

/** What Slack is answered. A string goes as plain text, anything else as JSON, `undefined` as an empty body. */
export interface SlackReply {
  readonly status: 200 | 401 | 413 | 503;
  readonly body?: unknown;
}

export interface SlackDeliveryDoorOptions {
  readonly signingSecret: string;
  readonly appId: string;
  readonly teamId: string;
  /** Called when Slack says that an account changed. */
  readonly userChanged: (userId: string) => void;
  readonly log: SlackLog;
  /** What hears events and answers commands. */
  readonly router: Pick<SlackEventRouter, 'event' | 'command'>;
  /** Epoch milliseconds; only the stamp of a delivery is compared with it. */
  readonly nowMs?: () => number;
  /** Milliseconds from receipt to answer at most; Slack waits three seconds. */
  readonly answerWithinMs?: number;
}

const ANSWER_WITHIN_MS = 2_900;
/** Longer than the slowest calls of one click, shorter than the broker's own drain. */
const DRAIN_MS = 6_000;
const OK: SlackReply = { status: 200 };
const FAILED = Symbol('failed');

/**
 * The one door for what Slack sends: signature over the raw body (a socket has proved itself already), then first of its
 * kind in the database, then an answer inside three seconds while the work goes on. Nothing of a body is logged.
 */
export class SlackDeliveryDoor implements OnApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();
  private readonly away: MinuteLine;

  constructor(
    private readonly deliveries: SlackDeliveries,
    private readonly bolt: Pick<BoltApp, 'process'>,
    private readonly options: SlackDeliveryDoorOptions,
  ) {
    this.away = new MinuteLine(({ cause, others }) =>
      options.log.error(others === 0 ? cause : `${cause} (and ${others} others)`),
    );
  }

  /**
   * Takes one POST as received. 401 for anything not signed as Slack signs it, 413 for a body past the cap, 503 when the
   * store cannot say whether this is a replay (Slack then tells the person to try again). Never throws.
   */
  async take(received: { rawBody: Buffer; headers: RawHeaders }): Promise<SlackReply> {
    const { rawBody, headers } = received;
    const { nowMs = Date.now, answerWithinMs = ANSWER_WITHIN_MS, signingSecret } = this.options;
    const until = performance.now() + answerWithinMs;
    if (rawBody.length > LIMITS.bodyBytesMax) return { status: 413 };
    const nowSeconds = Math.floor(nowMs() / 1_000);
    const verdict = verifySlackDelivery({ rawBody, headers, signingSecret, nowSeconds });
    if (!verdict.ok) return { status: 401 };
    return this.once(verdict.replayKey, until, () => parseSlackBody(rawBody, String(headers['content-type'])));
  }

  /**
   * Takes one envelope of a socket, which proved itself by the app's token when it was opened; the rest is as for a POST.
   * An envelope that Writ has no use for is answered and changes nothing. Never throws.
   */
  async takeEnvelope(envelope: SocketEnvelope): Promise<SlackReply> {
    const until = performance.now() + (this.options.answerWithinMs ?? ANSWER_WITHIN_MS);
    const delivery = asDelivery(envelope);
    if (delivery === null) return OK;
    const { rawBody, contentType } = delivery;
    if (rawBody.length > LIMITS.bodyBytesMax) return { status: 413 };
    return this.once(`env:${envelope.id}`, until, () => parseSlackBody(rawBody, contentType));
  }

  /** Clicks that were answered are finished before the database closes, unless one hangs. Nothing new comes in by now. */
  async onApplicationShutdown(): Promise<void> {
    const left = await within(DRAIN_MS, Promise.allSettled(this.underWay));
    if (left === LATE) this.options.log.warn(line(['an interaction was still under way at shutdown']));
  }

  /** Reads and answers what no process took before. */
  private async once(key: string, until: number, read: () => SlackBody | null): Promise<SlackReply> {
    const first = await this.isFirst(key, until);
    if (first === null) return { status: 503 };
    const body = first ? read() : null;
    if (body === null) return OK;
    const reply = await this.answer(body, until);
    if (reply.status === 503) await this.comeAgain(key);
    return reply;
  }

  /** Slack's second try bears the same signature when it comes within the second: it is no replay. */
  private async comeAgain(key: string): Promise<void> {
    await this.deliveries
      .forget(key)
      .catch((error: unknown) => this.options.log.error(line(['a delivery could not be forgotten', error])));
  }

  /** `null`: the store is down, or too slow for Slack. */
  private async isFirst(replayKey: string, until: number): Promise<boolean | null> {
    try {
      const answer = await within(timeTo(until), this.deliveries.first(replayKey));
      return answer === LATE ? null : answer;
    } catch (error) {
      this.away.tell(line(['the store cannot tell whether a delivery is a replay', error]));
      return null;
    }
  }

  private async answer(body: SlackBody, until: number): Promise<SlackReply> {
    switch (body.kind) {
      case 'url_verification':
        return { status: 200, body: body.challenge };
      case 'interaction':
        return this.interact(body.payload, until);
      case 'event':
        return this.route(body.payload, until);
      case 'command':
        return this.command(body.payload, until);
    }
  }

  /** Answers as soon as a listener acknowledges; the rest of its work is awaited only at shutdown. */
  private async interact(payload: Readonly<Record<string, unknown>>, until: number): Promise<SlackReply> {
    let acknowledge: (reply: SlackReply) => void = () => undefined;
    const acknowledged = new Promise<SlackReply>((resolve) => (acknowledge = resolve));
    const ack = async (body?: unknown): Promise<void> =>
      acknowledge(body === undefined || body === '' ? OK : { status: 200, body });
    const work = this.bolt
      .process(payload, ack)
      .catch((error: unknown) => this.options.log.error(line(['an interaction failed', error])))
      .finally(() => {
        this.underWay.delete(work);
        acknowledge(OK);
      });
    this.underWay.add(work);
    const reply = await within(timeTo(until), acknowledged);
    return reply === LATE ? OK : reply;
  }

  /**
   * Answers an event when it is dealt with, or in time while the work goes on. A failure is 503, so that Slack delivers
   * the event again: whatever hears it bears that.
   */
  private async route(payload: Readonly<Record<string, unknown>>, until: number): Promise<SlackReply> {
    const { appId, teamId, userChanged, router } = this.options;
    const isOurs = payload['api_app_id'] === appId && payload['team_id'] === teamId;
    const event = payload['event'] as { type?: unknown; user?: unknown } | null | undefined;
    // Of another workspace or app only what a person does is heard, and they are told.
    if (!isOurs && typeof event?.user !== 'string') return OK;
    const changed = event?.type === 'user_change' ? (event.user as { id?: unknown } | null)?.id : undefined;
    if (typeof changed === 'string') userChanged(changed);
    const done = await within(timeTo(until), this.finish('an event', router.event(payload)));
    return done === FAILED ? { status: 503 } : OK;
  }

  /** Answers a command in the same breath; one that takes too long goes on, and the person is told to look. */
  private async command(fields: Readonly<Record<string, string>>, until: number): Promise<SlackReply> {
    const body = await within(timeTo(until), this.finish('a command', this.options.router.command(fields)));
    if (body === FAILED) return { status: 200, body: NOT_DONE };
    return body === undefined ? OK : { status: 200, body: body === LATE ? TOO_SLOW : body };
  }

  /** The work's value or `FAILED`; the shutdown waits for it. */
  private finish(what: string, work: Promise<unknown>): Promise<unknown> {
    const settled = work.catch((error: unknown) => {
      this.options.log.error(line([`${what} of Slack failed`, error]));
      return FAILED;
    });
    const kept: Promise<void> = settled.then(() => void this.underWay.delete(kept));
    this.underWay.add(kept);
    return settled;
  }
}

/** Milliseconds to an instant of `performance.now()`. */
function timeTo(until: number): number {
  return until - performance.now();
}
