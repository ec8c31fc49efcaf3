import type { BrokenSeals } from '#escalations/sealed-kinds.js';
import { judgeOver } from '#persistence/connection/judging-connections.js';
import { Journal } from '#persistence/connection/journal.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresBrokenSeals } from '#persistence/seals/postgres-broken-seals.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { sealExistingHistory } from '#persistence/seals/seal-history.js';
import { sealExistingRows } from '#persistence/seals/seal-existing-rows.js';
import { SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import type { JsonLog } from '#platform/observe/log.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import type { Observation } from '../observation/open-observation.js';

/** How this process judges rows, and who hears of those that count for nothing. */
export interface OpenSeals {
  readonly configurations: SealedConfigurations;
  readonly broken: BrokenSeals;
  /** Gives what this process writes into the history its ids and seals. */
  readonly journal: Journal;
}

/**
 * From here on whatever is read over this pool is judged by its seals; what an upgrade left without one is sealed first.
 * Broken ones are told in the history, and in this process's log and metrics.
 */
export async function openSeals(
  { pool, ownerUrl, masterKey }: { pool: DatabasePool; ownerUrl: string; masterKey: Buffer },
  { metrics }: Observation,
  log: JsonLog,
): Promise<OpenSeals> {
  const sealed = await sealExistingHistory(ownerUrl, new MasterKeySeals(masterKey));
  if (sealed > 0) log.info(`Sealed ${sealed} audit entries from before`);
  const ids = new RandomIds();
  const told = new Journal(ids, new MasterKeySeals(masterKey));
  const broken = new PostgresBrokenSeals(pool, told, (kind, row) => {
    metrics.brokenSeals.inc({ kind });
    log.line('error', 'a row counts for nothing: its seal is missing or wrong', { kind, row });
  });
  const seals = new MasterKeySeals(masterKey, broken);
  judgeOver(pool, seals);
  const configurations = new SealedConfigurations(seals);
  await sealExistingRows(pool, configurations, ids);
  return { configurations, broken, journal: new Journal(ids, seals) };
}
