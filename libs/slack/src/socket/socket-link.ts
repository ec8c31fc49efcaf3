import { setTimeout as delay } from 'node:timers/promises';
import { WebAPIPlatformError } from '@slack/web-api';
import { line, type SlackLog } from '../redacting-logger.js';
import { slackFault } from '../send/slack-fault.js';
import { NoHello, openSocketSession, type SocketSession, type SocketSessionOptions } from './socket-session.js';

/** Where a change for the better is logged too. */
export interface SocketLog extends SlackLog {
  log(message: string): void;
}

/** Milliseconds; for tests. */
export interface SocketPace {
  /** The pause after the first failure; it doubles with each further one. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A connection that lived shorter counts as a failure: two that evict each other must not spin. */
  readonly steadyAfterMs: number;
}

export interface SocketLinkOptions extends Omit<SocketSessionOptions, 'fault'> {
  readonly log: SocketLog;
  readonly pace?: SocketPace;
}

const PACE: SocketPace = { firstPauseMs: 1_000, longestPauseMs: 60_000, steadyAfterMs: 10_000 };
/** How long Slack leaves a connection open after it has asked for a new one. */
const RETIRE_MS = 10_000;
/** Slack recycles every connection now and then; that is no news. */
const ROUTINE: ReadonlySet<string> = new Set(['warning', 'refresh_requested']);
const MEANWHILE = '; it is tried again, and the request URL and REST go on meanwhile';

/**
 * Keeps one socket to Slack open until it is stopped. No failure leaves it: it is logged once and tried again, ever more
 * slowly. When Slack asks for a new connection, the old one goes on taking clicks while the new one is opened.
 */
export class SocketLink {
  private readonly stopping = new AbortController();
  private readonly stopped: Promise<string>;
  private readonly retiring = new Set<Promise<void>>();
  private running: Promise<void> | undefined;
  private said = '';

  constructor(private readonly options: SocketLinkOptions) {
    const { signal } = this.stopping;
    this.stopped = new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true }));
  }

  /** Begins; returns at once, whether Slack can be reached or not. */
  start(): void {
    this.running ??= this.run();
  }

  /** Takes no more envelopes and closes; resolves when nothing is left open. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.retiring);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const pace = this.options.pace ?? PACE;
    let failures = 0;
    while (!signal.aborted) {
      const { livedMs, retryAfterMs } = await this.live(signal);
      failures = livedMs >= pace.steadyAfterMs ? 0 : failures + 1;
      const pauseMs = Math.max(retryAfterMs, pauseAfter(failures, pace, Math.random()));
      // Rejects only when stopped, which the loop sees by itself.
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One connection, from its opening to the moment at which the next one is wanted. */
  private async live(signal: AbortSignal): Promise<{ livedMs: number; retryAfterMs: number }> {
    let session: SocketSession;
    try {
      session = await openSocketSession({ ...this.options, fault: (error) => this.oddity(error) }, signal);
    } catch (error) {
      return { livedMs: 0, retryAfterMs: signal.aborted ? 0 : this.refused(error) };
    }
    const openedAt = performance.now();
    this.say('log', 'Socket Mode is connected');
    const lost = session.closed.then(() => 'the connection was lost');
    const why = await Promise.race([lost, session.leaving, this.stopped]);
    if (!signal.aborted && !ROUTINE.has(why)) this.say('warn', `Socket Mode is down: ${why}${MEANWHILE}`);
    this.retire(session);
    return { livedMs: performance.now() - openedAt, retryAfterMs: 0 };
  }

  private retire(session: SocketSession): void {
    const gone = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, gone.signal]);
    const patience = delay(RETIRE_MS, undefined, { signal }).catch(() => undefined);
    const work = Promise.race([session.closed, patience])
      .then(() => session.end())
      .finally(() => {
        gone.abort();
        this.retiring.delete(work);
      });
    this.retiring.add(work);
  }

  /** Says why no connection came about; answers how long Slack wants to be left alone, in milliseconds. */
  private refused(error: unknown): number {
    const fault = slackFault(error);
    const answered = error instanceof WebAPIPlatformError;
    let why = 'Slack cannot be reached';
    if (answered) why = `Slack answered ${error.data.error}`;
    else if (error instanceof NoHello) why = error.message;
    else if (fault.kind === 'rate_limited') why = 'Slack asks to wait';
    this.say(answered ? 'error' : 'warn', `Socket Mode is down: ${why}${MEANWHILE}`);
    return fault.kind === 'rate_limited' ? fault.retryAfterSeconds * 1_000 : 0;
  }

  /** One line for each change; the same failure again is no news. */
  private say(level: keyof SocketLog, text: string): void {
    if (this.said === text) return;
    this.said = text;
    this.options.log[level](line([text]));
  }

  private oddity(error: unknown): void {
    this.options.log.warn(line(['a message of the socket could not be handled', error]));
  }
}

/** Milliseconds to wait after this many failures in a row; `random` in [0, 1) spreads replicas that failed together. */
export function pauseAfter(failures: number, pace: SocketPace, random: number): number {
  if (failures === 0) return 0;
  const full = Math.min(pace.longestPauseMs, pace.firstPauseMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + random / 2);
}
