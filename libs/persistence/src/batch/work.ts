import type pg from 'pg';
import type { Needs } from '#escalations/needs.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { PostgresEventJournal } from '../transaction/postgres-event-journal.js';
import { judged } from '../sql/ends.js';
import type { Taken, TakenBatch } from './taken.js';
import { writeBatch, Written } from './written.js';

/** A work needs what was not read for its batch, and gets a transaction of its own. */
export class NeedsItsOwn extends Error {}

/** One work of a batch: what was read for it, and what it has decided to write. */
export class Work {
  readonly written = new Written();
  /** Grants that it holds or has made, as they are now. */
  readonly grants = new Map<string, GrantRow>();
  /** Nothing is kept back any more: every verb is a statement. */
  spilled = false;

  /** @param alone no other work is in the transaction, so that it may go on with statements of its own */
  constructor(
    readonly client: pg.PoolClient,
    readonly needs: Needs,
    readonly taken: Taken,
    readonly batch: Omit<TakenBatch, 'works'>,
    private readonly alone: boolean,
  ) {
    const [grant] = taken.grant === null ? [] : judged(client, [taken.grant]);
    if (grant !== undefined) this.grants.set(grant.id, { ...grant, ancestors: [] });
  }

  get now(): number {
    return this.batch.now;
  }

  /** The grant that was locked for it, as it is now. */
  get held(): GrantRow | null {
    return this.taken.grant === null ? null : (this.grants.get(this.taken.grant.id) ?? null);
  }

  /** Asks more than was read for it: what it has written is written first, so that it is seen. */
  async more<T>(ask: () => Promise<T>): Promise<T> {
    await this.spill();
    return ask();
  }

  /** @throws NeedsItsOwn where others are in the transaction */
  async spill(): Promise<void> {
    if (this.spilled) return;
    if (!this.alone) throw new NeedsItsOwn();
    this.spilled = true;
    await writeBatch(this.client, [this.written]);
  }
}

/** What becomes of a work: its result, or what it threw. */
export type Outcome = { readonly result: unknown } | { readonly thrown: unknown };

/** A work done: its outcome, what is still to be written of it, and what must be told of it after the commit. */
export interface Done {
  readonly work: Work;
  readonly outcome: Outcome;
  readonly journal: PostgresEventJournal;
}
