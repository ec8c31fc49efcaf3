import { randomBytes } from 'node:crypto';
import type { Store } from '#escalations/ports.js';
import type { KeyMaker } from '#escalations/keys/signing-keys.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import type { SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import { PostgresSigningKeyStore } from '#persistence/keys/postgres-signing-key-store.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { KeyRing } from '#tokens/key-ring.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import { CommandFailed } from './command.js';
import { masterKeyOf } from './master-key.js';
import { storeOf, withDatabase } from './database.js';

/** What the commands about signing keys work with. */
export interface KeyBench {
  readonly pool: DatabasePool;
  readonly configurations: SealedConfigurations;
  readonly store: Store;
  readonly maker: KeyMaker;
}

/**
 * Opens the database and the master key together, and makes sure that they belong to each other: a key wrapped under
 * another master key would be one that no broker opens.
 */
export async function withKeys<T>(environment: WritEnvironment, work: (bench: KeyBench) => Promise<T>): Promise<T> {
  return withDatabase(environment, async (pool, configurations, journal) => {
    const masterKey = masterKeyOf(environment);
    const any = await keysOpen(new PostgresSigningKeyStore(pool), masterKey);
    if (!any) throw new CommandFailed('there are no signing keys yet; the first broker makes them');
    return work({
      pool,
      configurations,
      store: storeOf(pool, configurations, journal),
      maker: new WrappedKeyMaker(masterKey, randomBytes),
    });
  });
}

/**
 * Makes sure that this is the master key of this database. Refuses with `CommandFailed` one that opens no signing key.
 * @returns false when there are no signing keys yet, so that nothing is known
 */
export async function keysOpen(store: PostgresSigningKeyStore, masterKey: Buffer): Promise<boolean> {
  const { rows } = await store.list();
  if (rows.length === 0) return false;
  await KeyRing.open(store, masterKey, randomBytes, () => new Date()).catch((error: Error) => {
    throw new CommandFailed(error.message);
  });
  return true;
}
