import type { TraceContext } from '#escalations/watch/observation.js';
import type { Journal } from '../connection/journal.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import { PostgresEventJournal } from '../transaction/postgres-event-journal.js';
import { nounsOver, type PostgresTransaction } from '../transaction/postgres-transaction.js';
import { batchedNouns } from './batched-nouns.js';
import type { Work } from './work.js';

/** One work's transaction, as use cases see it, with the journal that the commit is told of. */
export function batchedTransaction(
  work: Work,
  journal: Journal,
  configurations: SealedConfigurations,
  trace: TraceContext | null,
): PostgresTransaction {
  const kept = new PostgresEventJournal(work.client, journal, trace, work);
  const plain = nounsOver(work.client, configurations, kept, trace);
  return { ...batchedNouns(plain, work, kept, configurations, trace), journal: kept };
}
