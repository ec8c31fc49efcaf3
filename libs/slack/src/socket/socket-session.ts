import { within } from '#domain/within.js';
import type { GuardedSocketClient, SocketClientOptions, SocketHooks } from './socket-client.js';
import type { SocketAnswer, SocketEnvelope } from './socket-envelope.js';

export interface SocketSessionOptions extends SocketClientOptions {
  /** Called once for each envelope; must answer within three seconds. */
  readonly receive: (envelope: SocketEnvelope) => Promise<SocketAnswer>;
  /** Told of an envelope that could not be read, handled or acknowledged. */
  readonly fault: (error: unknown) => void;
  /** Milliseconds from the first call until Slack must have said hello. */
  readonly helloWithinMs?: number;
}

/** Why a connection did not come to its hello, where no call of the Web API says so. */
export class NoHello extends Error {
  override readonly name = 'NoHello';
}

const HELLO_WITHIN_MS = 15_000;
/** An envelope that was taken is acknowledged within three seconds, or Slack has given up on it. */
const LAST_ACK_MS = 3_000;
const CLOSE_HANDSHAKE_MS = 1_000;

/**
 * Opens one connection and waits for Slack's hello. Rejects, with nothing left open, when Slack refuses, stays silent or
 * hangs up, and when `signal` is aborted.
 */
export async function openSocketSession(options: SocketSessionOptions, signal: AbortSignal): Promise<SocketSession> {
  // With what opens sockets: only where an app token is set is it loaded at all.
  const { GuardedSocketClient: Client } = await import('./socket-client.js');
  const session = new SocketSession(options, (hooks) => new Client(options, hooks, signal));
  try {
    await session.hello(options.helloWithinMs ?? HELLO_WITHIN_MS, signal);
    return session;
  } catch (error) {
    await session.end();
    throw error;
  }
}

/** One connection from its opening to its end; envelopes are taken and acknowledged over it alone. */
export class SocketSession {
  /** Slack asked for a new connection: its reason. */
  readonly leaving: Promise<string>;
  /** The connection is gone. */
  readonly closed: Promise<void>;
  private readonly client: GuardedSocketClient;
  private readonly underWay = new Set<Promise<void>>();
  private ending: Promise<void> | undefined;

  constructor(
    private readonly options: SocketSessionOptions,
    open: (hooks: SocketHooks) => GuardedSocketClient,
  ) {
    let makeWay: (reason: string) => void = () => undefined;
    this.leaving = new Promise((resolve) => (makeWay = resolve));
    const client = open({ makeWay, fault: options.fault });
    this.client = client;
    this.closed = new Promise((resolve) => void client.once('disconnected', () => resolve()));
    client.on('slack_event', (event: unknown) => this.heard(event));
    // An end that comes while the address is being asked for finds no socket to close yet.
    client.on('connecting', () => queueMicrotask(() => this.ending && this.closeNow()));
  }

  /** Opens the socket; rejects with what kept it from its hello. */
  async hello(withinMs: number, signal: AbortSignal): Promise<void> {
    let giveUp: (error: Error) => void = () => undefined;
    const gaveUp = new Promise<never>((_, reject) => (giveUp = reject));
    const timer = setTimeout(() => giveUp(new NoHello('Slack did not say hello in time')), withinMs);
    const stop = (): void => giveUp(new NoHello('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    const started = this.client.start().catch((error: unknown) => {
      throw error instanceof Error ? error : new NoHello('the connection closed before its hello');
    });
    const sentAway = this.leaving.then((reason) => {
      throw new NoHello(`Slack answered ${reason}`);
    });
    try {
      await Promise.race([started, gaveUp, sentAway]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Takes no more envelopes, lets those that were taken be acknowledged, and closes; never rejects. */
  end(): Promise<void> {
    this.ending ??= this.hangUp();
    return this.ending;
  }

  private async hangUp(): Promise<void> {
    await within(LAST_ACK_MS, Promise.allSettled(this.underWay));
    void this.client.disconnect();
    await within(CLOSE_HANDSHAKE_MS, this.closed);
    this.closeNow();
  }

  /** The first call offers the close handshake; the second ends it, whatever the peer does, and clears the client's timers. */
  private closeNow(): void {
    void this.client.disconnect();
    void this.client.disconnect();
  }

  private heard(event: unknown): void {
    if (this.ending !== undefined || !isSlackEvent(event)) return;
    const work = this.take(event).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  private async take({
    envelope_id: id,
    type,
    body,
    ack,
    accepts_response_payload: mayAnswer,
  }: SlackEvent): Promise<void> {
    try {
      const answer = await this.options.receive({ id, type, body });
      if (answer !== null) await ack(mayAnswer === true ? answer.payload : undefined);
    } catch (error) {
      this.options.fault(error);
    }
  }
}

/** The client's event for every message but hello and disconnect. */
interface SlackEvent {
  readonly envelope_id: string;
  readonly type: string;
  readonly body: unknown;
  readonly accepts_response_payload?: unknown;
  readonly ack: (payload?: unknown) => Promise<void>;
}

function isSlackEvent(event: unknown): event is SlackEvent {
  const { envelope_id: id, type } = event as Record<string, unknown>;
  return typeof id === 'string' && typeof type === 'string';
}
