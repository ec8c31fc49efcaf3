import { randomBytes } from 'node:crypto';
import type { KeyMaker } from '#escalations/keys/signing-keys.js';
import { PostgresSigningKeyStore } from '#persistence/keys/postgres-signing-key-store.js';
import type { UseCases } from '#persistence/use-cases.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { KeyRing } from '#tokens/key-ring.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import { CommandFailed } from './command.js';
import { masterKeyOf } from './master-key.js';
import { withDatabase } from './database.js';

/**
 * Opens the database and the master key together, and makes sure that they belong to each other: a key wrapped under
 * another master key would be one that no broker opens.
 */
export async function withKeys<T>(
  environment: WritEnvironment,
  work: (cases: UseCases, maker: KeyMaker) => Promise<T>,
): Promise<T> {
  return withDatabase(environment, async (cases) => {
    const masterKey = masterKeyOf(environment);
    const any = await keysOpen(new PostgresSigningKeyStore(cases.pool), masterKey);
    if (!any) throw new CommandFailed('there are no signing keys yet; the first broker makes them');
    return work(cases, new WrappedKeyMaker(masterKey, randomBytes));
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
