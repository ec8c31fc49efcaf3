import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { NoopObserver, Observer } from '#escalations/watch/observation.js';
import { ChangeSignal, Store, type Reads, type Transaction } from '#escalations/ports.js';
import type { Needs } from '#escalations/needs.js';
import { Batches } from '../batch/batches.js';
import { inTransaction } from '../connection/in-transaction.js';
import { Journal } from '../connection/journal.js';
import { OutboxSignal } from '../connection/outbox-signal.js';
import type { RunsOnClient } from '../connection/queryable.js';
import { Announcements } from '../deliver/announcements.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';
import type { PostgresEventJournal } from './postgres-event-journal.js';
import { readsOver } from './postgres-reads.js';
import { transactionOver } from './postgres-transaction.js';

/** What hears of a commit: the relay and the long polls of this process, those of others, and whoever watches. */
@Injectable()
export class AfterCommit {
  constructor(
    private readonly relay: OutboxSignal,
    private readonly polls: ChangeSignal,
    private readonly elsewhere: Announcements,
    readonly witness: Observer = new NoopObserver(),
  ) {}

  /** @param startedAt epoch milliseconds of the process's clock */
  committed(journal: PostgresEventJournal, startedAt: number): void {
    if (journal.enqueued) this.relay.wake();
    this.elsewhere.tell(journal.news(), journal.enqueued);
    for (const escalation of journal.touched) this.polls.changed(escalation);
    this.witness.committed({ events: journal.events, decided: journal.decided, startedAt });
  }
}

/**
 * Reads from the pool. Transactions are BEGIN … COMMIT on one pooled connection, again when others have undone it; after
 * the commit, the relay and the long polls of this process are woken, and other processes are told.
 */
@Injectable()
export class PostgresStore extends Store implements RunsOnClient {
  override readonly read: Reads;
  private readonly batches: Batches;

  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
    private readonly configurations: SealedConfigurations,
    private readonly after: AfterCommit,
  ) {
    super();
    this.read = readsOver(pool, configurations, after.witness);
    this.batches = new Batches(pool, journal, configurations, (kept, startedAt) => after.committed(kept, startedAt));
  }

  override run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.runOn(work);
  }

  override runBatched<T>(needs: Needs, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.batches.add(needs, this.after.witness.current(), work);
  }

  /** The same, for stores of this library that have a statement of their own to add. */
  async runOn<T>(work: (tx: Transaction, client: pg.PoolClient) => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    const { journal, result } = await inTransaction(this.pool, async (client) => {
      const tx = transactionOver(client, this.journal, this.configurations, this.after.witness.current());
      const result = await work(tx, client);
      return { journal: tx.journal, result };
    });
    this.after.committed(journal, startedAt);
    return result;
  }
}
