import { setTimeout as pause } from 'node:timers/promises';

/**
 * Does one thing again and again until it is stopped. Between two rounds lies about `everyMs`, a quarter more or less, so
 * that processes that started together spread.
 */
export class Rounds {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  /** @param pass one round; it tells its own failures and never throws */
  constructor(
    private readonly everyMs: number,
    private readonly pass: () => Promise<void>,
  ) {}

  /** Aborted once it is stopped: for whoever waits within a round. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Begins, once; resolves after the first round. */
  async start(): Promise<void> {
    if (this.running !== undefined || this.signal.aborted) return;
    const first = this.pass();
    this.running = first.then(() => this.goOn());
    await first;
  }

  /** Begins no further round, and resolves when the one under way is over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async goOn(): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) {
      await pause(this.everyMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.pass();
    }
  }
}
