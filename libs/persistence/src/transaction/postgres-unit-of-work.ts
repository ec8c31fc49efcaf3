import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { NobodyWatches, Witness } from '#escalations/watch/observation.js';
import { ChangeSignal, UnitOfWork, type Transaction } from '#escalations/ports.js';
import { inTransaction } from '../connection/in-transaction.js';
import { Journal } from '../connection/journal.js';
import { OutboxSignal } from '../connection/outbox-signal.js';
import { PostgresTransaction } from './postgres-transaction.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

/** What hears of a commit: the relay and the long polls of this process, and whoever watches. */
@Injectable()
export class AfterCommit {
  constructor(
    private readonly relay: OutboxSignal,
    private readonly polls: ChangeSignal,
    readonly witness: Witness = new NobodyWatches(),
  ) {}

  /** @param startedAt epoch milliseconds of the process's clock */
  committed(tx: PostgresTransaction, startedAt: number): void {
    if (tx.enqueued) this.relay.wake();
    for (const escalation of tx.touched) this.polls.changed(escalation);
    this.witness.committed({ events: tx.events, decided: tx.decided, startedAt });
  }
}

/**
 * BEGIN … COMMIT on one pooled connection, again when others have undone it; after the commit, wakes the relay and the
 * long polls of this process.
 */
@Injectable()
export class PostgresUnitOfWork extends UnitOfWork {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
    private readonly configurations: SealedConfigurations,
    private readonly after: AfterCommit,
  ) {
    super();
  }

  override run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.runOn(work);
  }

  /** The same, for stores of this library that have a statement of their own to add. */
  async runOn<T>(work: (tx: Transaction, client: pg.PoolClient) => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    const { tx, result } = await inTransaction(this.pool, async (client) => {
      const tx = new PostgresTransaction(client, this.journal, this.configurations, this.after.witness.current());
      const result = await work(tx, client);
      await tx.announceRest();
      return { tx, result };
    });
    this.after.committed(tx, startedAt);
    return result;
  }
}
