import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Optional } from '@nestjs/common';
import { LATE, within } from '#domain/within.js';
import { OutageLog } from '../bull/outage-log.js';
import { JobQueues, OutboxStore, WakeSignal, type NewJob, type OutboxRow } from '../ports.js';
import { AWAITED, JOBS, TOPICS, jobIdOf, type QueueName } from '../queues.js';

export interface RelayTiming {
  readonly batch: number;
  /** Longer than a hand-over may take, or two relays would hand over the same rows (harmless, but work). */
  readonly leaseSeconds: number;
  readonly handOverMs: number;
  /** How long a job may be under way before its row is handed over again, and how often the relay looks for such rows. */
  readonly undoneSeconds: number;
  readonly lookMs: number;
  readonly pollMs: number;
  readonly idlePollMs: number;
  /** Empty polls until the relay counts as idle. */
  readonly idleAfter: number;
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

export const RELAY_TIMING: RelayTiming = {
  batch: 100,
  leaseSeconds: 20,
  handOverMs: 8_000,
  undoneSeconds: 20,
  lookMs: 5_000,
  pollMs: 250,
  idlePollMs: 1_000,
  idleAfter: 40,
  retryMs: 250,
  retryMaxMs: 4_000,
};

interface HandedOver {
  readonly added: string[];
  readonly refused: string[];
  cause: unknown;
}

/**
 * Moves committed outbox rows into the queues, at least once: claim → add → mark. Whatever dies in between leaves a
 * lease that runs out, and the job id makes the second hand-over a no-op. Rows whose job is not done are handed over
 * again and again: as long as the queue has the job that is a no-op too, and when it has lost it, the job is back.
 * Outages of database or queue are waited out.
 */
@Injectable()
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private lookAt = -Infinity;

  constructor(
    private readonly store: OutboxStore,
    private readonly queues: JobQueues,
    private readonly signal: WakeSignal,
    private readonly outage: OutageLog,
    @Optional() private readonly timing: RelayTiming = RELAY_TIMING,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Takes no further batch; resolves when the one under way is marked. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.signal.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    let emptyPolls = 0;
    while (!this.stopping.signal.aborted) {
      try {
        const moved = await this.relayBatch();
        this.outage.up();
        failures = 0;
        emptyPolls = moved === 0 ? emptyPolls + 1 : 0;
        if (moved < this.timing.batch) await this.signal.wait(this.pollMs(emptyPolls));
      } catch (error) {
        this.outage.down(error);
        failures += 1;
        await this.backOff(failures);
      }
    }
  }

  /** One batch: returns how many rows were handed over. Throws what went wrong, after marking what went well. */
  async relayBatch(): Promise<number> {
    const rows = await this.claim();
    if (rows.length === 0) return 0;
    // Long polls elsewhere are answered from the database, so they need not wait for the queue.
    const jobless = rows.filter((row) => row.jobless === true).map((row) => row.seq);
    const handing = this.handOver(rows.filter((row) => row.jobless !== true));
    const [handed] = await Promise.all([handing, this.store.announce(changedEscalations(rows))]);
    const moved = [...handed.added, ...jobless];
    if (moved.length > 0) await this.store.dispatched(moved, jobless);
    if (handed.refused.length === 0) return rows.length;
    // Without this the rows would wait out the lease; when it fails they do.
    await this.store.release(handed.refused).catch(() => undefined);
    throw handed.cause;
  }

  private async claim(): Promise<OutboxRow[]> {
    const { batch, leaseSeconds, undoneSeconds, lookMs } = this.timing;
    const rows = await this.store.claim(TOPICS, batch, leaseSeconds);
    if (performance.now() < this.lookAt) return rows;
    const undone = await this.store.claimUndone(AWAITED, batch, leaseSeconds, undoneSeconds);
    if (undone.length < batch) this.lookAt = performance.now() + lookMs;
    return [...rows, ...undone];
  }

  /** Adds the rows queue by queue, first what is to be done now; never rejects. */
  private async handOver(rows: readonly OutboxRow[]): Promise<HandedOver> {
    const result: HandedOver = { added: [], refused: [], cause: undefined };
    const isLater = (row: OutboxRow): boolean => row.delayMs > 0;
    for (const due of [rows.filter((row) => !isLater(row)), rows.filter(isLater)]) await this.addAll(due, result);
    return result;
  }

  private async addAll(rows: readonly OutboxRow[], result: HandedOver): Promise<void> {
    const additions = [...byQueue(rows)].map(async ([queue, due]) => {
      const seqs = due.map((row) => row.seq);
      try {
        // A queue client that has lost its server may hold the call until it is back.
        const { handOverMs } = this.timing;
        if ((await within(handOverMs, this.queues.add(queue, due.map(jobOf)))) === LATE)
          throw new Error(`the queue did not answer within ${handOverMs} ms`);
        result.added.push(...seqs);
      } catch (error) {
        result.refused.push(...seqs);
        result.cause = error;
      }
    });
    await Promise.all(additions);
  }

  private pollMs(emptyPolls: number): number {
    return emptyPolls > this.timing.idleAfter ? this.timing.idlePollMs : this.timing.pollMs;
  }

  /** Doubles with each failure, with jitter; not cut short by commits, only by the stop. */
  private async backOff(failures: number): Promise<void> {
    const ms = Math.min(this.timing.retryMaxMs, this.timing.retryMs * 2 ** Math.min(failures - 1, 20));
    await pause(ms * (0.5 + Math.random() / 2), undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function byQueue(rows: readonly OutboxRow[]): Map<QueueName, OutboxRow[]> {
  const groups = new Map<QueueName, OutboxRow[]>();
  for (const row of rows) {
    const { queue } = JOBS[row.topic];
    groups.set(queue, [...(groups.get(queue) ?? []), row]);
  }
  return groups;
}

function jobOf(row: OutboxRow): NewJob {
  return {
    jobId: jobIdOf(row.seq, row.stamp),
    topic: row.topic,
    payload: { id: row.id, ...(typeof row.trace === 'string' && { trace: row.trace }) },
    delayMs: row.delayMs,
  };
}

function changedEscalations(rows: readonly OutboxRow[]): string[] {
  const changed = rows.map((row) => (JOBS[row.topic].subject === 'escalation' ? row.id : (row.ofGrant ?? null)));
  return [...new Set(changed.filter((id) => id !== null))];
}
