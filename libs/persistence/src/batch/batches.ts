import { AsyncResource } from 'node:async_hooks';
import { AssertionReplayed, ProofOutdated } from '#domain/caller-proof.js';
import type { Needs } from '#escalations/needs.js';
import type { Transaction } from '#escalations/ports.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import { inTransaction } from '../connection/in-transaction.js';
import type { Journal } from '../connection/journal.js';
import type { DatabasePool } from '../connection/pool.js';
import { breaksConnection, isUnavailable, NoConnection } from '../connection/store-fault.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import type { PostgresEventJournal } from '../transaction/postgres-event-journal.js';
import { batchedTransaction } from './batched-transaction.js';
import { takeBatch } from './taken.js';
import { NeedsItsOwn, Work, type Done } from './work.js';
import { writeBatch } from './written.js';

/** Works in one transaction: more make the last of them wait for all that come before it. */
const WORKS_MAX = 32;
/**
 * Transactions at once. What comes while one commits makes the next one larger, which is what saves: two, or three, at once
 * gave as many tokens a second for 1.3 times the CPU (16 connections, two cores, ms of Node and PostgreSQL for each: one
 * 1.15 + 0.68, two 1.38 + 1.02, three 1.31 + 0.96).
 */
const BATCHES_MAX = 1;
/** A batch that takes longer waits for a lock: others may pass it by, up to so many. */
const STUCK_MS = 25;
const STUCK_MAX = 6;
/**
 * Whoever has waited longer for a turn, when the store cannot serve, is told so instead of waiting for it once more: a
 * statement may take four seconds, and every caller is answered within five.
 */
const PATIENCE_MS = 1_000;
/** For a lock, of a work that has lost its patience in a batch already. */
const LATE_LOCK = "set local lock_timeout = '1s'";

/** A work that waits for its turn. */
interface Waiting {
  readonly needs: Needs;
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly trace: TraceContext | null;
  /** Of what it locks, what nobody else of this process may hold meanwhile: it would wait in the database instead. */
  readonly keys: readonly string[];
  readonly startedAt: number;
  /** It gets a transaction of its own. */
  alone: boolean;
  /** Its call was counted in a transaction that was committed. */
  counted: boolean;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** What hears of a work's commit. */
type Committed = (journal: PostgresEventJournal, startedAt: number) => void;

/**
 * Works of hot verbs, as many as wait in one transaction: begin, one statement that locks and reads, one that writes,
 * commit. They are begun when the event loop has nothing else at hand, so that whoever comes alone waits for nobody. Works
 * of one agent, grant or Idempotency-Key never share a transaction: each reads what the one before it has committed.
 */
export class Batches {
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<{ readonly keys: ReadonlySet<string>; readonly since: number }>();
  private scheduled = false;

  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
    private readonly configurations: SealedConfigurations,
    private readonly committed: Committed,
  ) {}

  /** Does a work in a batch, in the caller's own asynchronous context. @throws what the work throws, or AssertionReplayed */
  add<T>(needs: Needs, trace: TraceContext | null, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({
        needs,
        trace,
        work: AsyncResource.bind(work),
        keys: keysOf(needs),
        startedAt: Date.now(),
        alone: false,
        counted: false,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.hasRoom()) {
        const batch = this.next();
        if (batch.length === 0) return;
        void this.run(batch);
      }
    });
  }

  private hasRoom(): boolean {
    if (this.running.size < BATCHES_MAX) return true;
    const now = performance.now();
    const moving = [...this.running].filter(({ since }) => now - since < STUCK_MS).length;
    return moving < BATCHES_MAX && this.running.size < STUCK_MAX;
  }

  /** The next works that can share a transaction, the first come first. */
  private next(): Waiting[] {
    const keys = new Set([...this.running].flatMap((batch) => [...batch.keys]));
    const batch: Waiting[] = [];
    for (let at = 0; at < this.waiting.length && batch.length < WORKS_MAX;) {
      const one = this.waiting[at] as Waiting;
      if (one.keys.some((key) => keys.has(key)) || (one.alone && batch.length > 0)) {
        at += 1;
        continue;
      }
      this.waiting.splice(at, 1);
      batch.push(one);
      for (const key of one.keys) keys.add(key);
      if (one.alone) break;
    }
    return batch;
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const turn = { keys: new Set(batch.flatMap(({ keys }) => keys)), since: performance.now() };
    this.running.add(turn);
    const watch = setTimeout(() => this.schedule(), STUCK_MS).unref();
    try {
      this.answer(batch, await inTransaction(this.pool, (client) => this.once(client, batch)));
    } catch (error) {
      this.failed(batch, error);
    } finally {
      clearTimeout(watch);
      this.running.delete(turn);
      this.schedule();
    }
  }

  /** One attempt at a batch, between its begin and its commit. */
  private async once(client: Parameters<typeof takeBatch>[0], batch: readonly Waiting[]): Promise<Done[]> {
    const alone = batch.length === 1;
    if (alone && batch.some(isLate)) await client.query(LATE_LOCK);
    const taken = await takeBatch(client, batch, this.configurations.passedOver);
    const done = await Promise.all(
      batch.map(async (waiting, at): Promise<Done> => {
        const own = taken.works[at];
        if (own === undefined) throw new Error('every work was read');
        const work = new Work(client, waiting.needs, own, taken, alone);
        const tx = batchedTransaction(work, this.journal, this.configurations, waiting.trace);
        const { journal } = tx;
        try {
          if (!own.fresh) throw new AssertionReplayed();
          if (isOutdated(waiting.needs, taken.head)) throw new ProofOutdated();
          return { work, journal, outcome: { result: await waiting.work(tx) } };
        } catch (thrown) {
          // What it counted and used up stays; of what it decided nothing is written.
          if (alone && !isOfProof(thrown)) throw thrown;
          return { work, journal, outcome: { thrown } };
        }
      }),
    );
    const written = done.filter(({ work, outcome }) => !work.spilled && 'result' in outcome);
    await writeBatch(
      client,
      written.map(({ work }) => work.written),
    );
    return done;
  }

  private answer(batch: readonly Waiting[], done: readonly Done[]): void {
    batch.forEach((waiting, at) => {
      const { outcome, journal, work } = done[at] as Done;
      const { proof } = waiting.needs;
      if (proof !== undefined && !('thrown' in outcome && outcome.thrown instanceof AssertionReplayed))
        proof.spent = true;
      if (work.taken.calls !== null) waiting.counted = true;
      if ('result' in outcome) {
        this.committed(journal, waiting.startedAt);
        waiting.resolve(outcome.result);
      } else if (outcome.thrown instanceof NeedsItsOwn) {
        this.again(waiting);
      } else {
        waiting.reject(outcome.thrown);
      }
    });
  }

  /** What spoils a batch is found by doing its works one by one, unless nobody knows what became of the commit. */
  private failed(batch: readonly Waiting[], error: unknown): void {
    for (const waiting of batch) {
      if (batch.length === 1 || breaksConnection(error)) waiting.reject(error);
      else this.again(waiting);
    }
    if (isUnavailable(error)) this.tellTheLate(batch, error);
  }

  /** Those of `batch` that are done again go on. */
  private tellTheLate(batch: readonly Waiting[], cause: unknown): void {
    for (const waiting of this.waiting.filter((one) => isLate(one) && !batch.includes(one))) {
      this.waiting.splice(this.waiting.indexOf(waiting), 1);
      waiting.reject(new NoConnection(cause));
    }
  }

  private again(waiting: Waiting): void {
    waiting.alone = true;
    this.waiting.unshift(waiting);
  }
}

function isLate({ startedAt }: Waiting): boolean {
  return Date.now() - startedAt > PATIENCE_MS;
}

/** Said of the proof alone: what it has used up stays so. */
function isOfProof(thrown: unknown): boolean {
  return thrown instanceof AssertionReplayed || thrown instanceof ProofOutdated;
}

/** True where the caller was proved by a configuration that is not in force. */
function isOutdated({ proof }: Needs, head: string | null): boolean {
  return proof !== undefined && proof.under !== head;
}

function keysOf({ agent, turn, grantOf, use, call, proof }: Needs): string[] {
  const assertion = proof?.assertion ?? null;
  return [
    ...(turn === undefined ? [] : [`agent ${JSON.stringify(agent)}`]),
    ...(grantOf === undefined ? [] : [`escalation ${grantOf}`]),
    ...(use === undefined ? [] : [`grant ${use.grant}`]),
    ...(call === undefined ? [] : [`call ${JSON.stringify([call.caller, call.route, call.key])}`]),
    ...(assertion === null ? [] : [`assertion ${assertion.subject} ${assertion.jti}`]),
  ];
}
