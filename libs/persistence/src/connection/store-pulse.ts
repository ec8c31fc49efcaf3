import { setImmediate as roundOfTheLoop, setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'node:net';
import pg from 'pg';
import type { Renewable } from './run-again.js';
import { StoreSilent } from './store-fault.js';

export interface PulseTiming {
  /** Between two questions. */
  readonly everyMs: number;
  /** For the answer to one. */
  readonly answerMs: number;
  /** For a new connection. */
  readonly connectMs: number;
  /** Between two tries to connect. */
  readonly againMs: number;
  /** How long somebody who comes while the store is silent waits for it. */
  readonly patienceMs: number;
}

/** A statement under way when the store falls silent fails within four seconds, one that comes later within one. */
const TIMING: PulseTiming = { everyMs: 750, answerMs: 2_500, connectMs: 2_000, againMs: 100, patienceMs: 1_000 };

const STEP_MS = 100;

/**
 * Asks the database again and again whether it answers, on a connection of its own. A frozen server and a network that
 * swallows packets say nothing, for as long as they last and, to those who wait, for long after. When no answer comes in
 * time and no other connection heard anything either, every connection of the pools is cut, whoever waits for one is
 * told, and whoever comes meanwhile is refused soon. A slow statement or a lock is no silence: the question has its own
 * connection. A server that refuses is none either: that is an answer.
 */
export class StorePulse {
  private silence: StoreSilent | null = null;
  private readonly clients = new Set<pg.PoolClient>();
  private readonly told = new Set<(fault: StoreSilent) => void>();
  private readonly awaiting = new Set<() => void>();
  private readonly pools: pg.Pool[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly connectionString: string,
    private readonly timing: PulseTiming = TIMING,
  ) {}

  /** Cuts the connections of this pool too when the store falls silent. */
  watch(pool: pg.Pool): void {
    this.pools.push(pool);
    pool.on('connect', (client) => void this.clients.add(client));
    pool.on('remove', (client) => void this.clients.delete(client));
  }

  start(): void {
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  get silent(): boolean {
    return this.silence !== null;
  }

  /** Resolves at once while the store answers, otherwise once it does; rejects when that takes too long. */
  beats(): Promise<void> {
    const { silence } = this;
    if (silence === null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.awaiting.delete(settle);
        if (this.silence === null) resolve();
        else reject(silence);
      };
      const timer = setTimeout(settle, this.timing.patienceMs);
      this.awaiting.add(settle);
    });
  }

  /** @param hear is told when the store falls silent @returns ends that */
  onSilence(hear: (fault: StoreSilent) => void): () => void {
    this.told.add(hear);
    return () => void this.told.delete(hear);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.session();
      await this.rest(this.timing.againMs);
    }
  }

  /** One connection, from its opening until it is of no use. */
  private async session(): Promise<void> {
    const { connectMs, answerMs, everyMs } = this.timing;
    const client = new pg.Client({ connectionString: this.connectionString, application_name: 'writ pulse' });
    client.on('error', () => undefined);
    try {
      if (!(await this.answered(client.connect(), connectMs))) return;
      this.heard();
      while (!this.stopping.signal.aborted) {
        await this.rest(everyMs);
        if (await this.answered(client.query('select 1'), answerMs)) continue;
        return this.suspect();
      }
    } catch {
      // It refuses, or the connection ended: whoever asks for one is told the same.
      this.heard();
      await this.rest(everyMs);
    } finally {
      cutOff(client);
    }
  }

  /** Whether it was answered in time; when it was not, and nobody else heard anything, the store is silent from now on. */
  private async answered(asked: Promise<unknown>, ms: number): Promise<boolean> {
    const before = new Map([...this.clients].map((client) => [client, bytesHeard(client)]));
    let over = false;
    const done = asked.finally(() => (over = true)).then(() => true);
    done.catch(() => undefined);
    const { signal } = this.stopping;
    // In steps, and then some rounds: for as long as this process is busy itself, no time passes.
    for (let left = ms; left > 0 && !over && !signal.aborted; left -= STEP_MS)
      await Promise.race([done, pause(STEP_MS, undefined, { signal }).catch(() => undefined)]);
    for (let round = 0; round < 3 && !over; round += 1) await roundOfTheLoop();
    if (over) return done;
    const others = [...this.clients].some((client) => bytesHeard(client) !== (before.get(client) ?? 0));
    if (signal.aborted) return false;
    if (!others) this.fallSilent();
    return false;
  }

  private heard(): void {
    if (this.silence === null) return;
    this.silence = null;
    [...this.awaiting].forEach((settle) => settle());
  }

  private fallSilent(): void {
    const fault = new StoreSilent();
    this.silence ??= fault;
    for (const client of [...this.clients]) cutOff(client, fault);
    [...this.told].forEach((hear) => hear(fault));
  }

  /** One connection was dead without a word: nobody is to meet another like it. */
  private suspect(): void {
    for (const pool of this.pools) (pool as Partial<Renewable>).renew?.();
  }

  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

/** Ends a connection without a goodbye, which nobody might take. Its statements fail with `fault`. */
export function cutOff(client: pg.ClientBase, fault?: Error): void {
  socketOf(client).destroy(fault);
}

function bytesHeard(client: pg.ClientBase): number {
  return socketOf(client).bytesRead;
}

/** The driver has no word for it; its own pool reaches for the socket the same way. */
function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
