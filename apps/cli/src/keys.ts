import { randomBytes } from 'node:crypto';
import type { UnitOfWork } from '#escalations/ports.js';
import type { KeyMaker } from '#escalations/signing-keys.js';
import type { DatabasePool } from '#persistence/pool.js';
import type { SealedConfigurations } from '#persistence/sealed-configurations.js';
import { createPrisma } from '#persistence/prisma-client.js';
import { PrismaSigningKeyStore } from '#persistence/prisma-signing-key-store.js';
import type { WritEnvironment } from '#platform/config/environment.js';
import { loadOrCreateMasterKey } from '#platform/config/master-key.js';
import { KeyRing } from '#tokens/key-ring.js';
import { WrappedKeyMaker } from '#tokens/wrapped-key-maker.js';
import { CommandFailed } from './command.js';
import { unitOfWork, withDatabase } from './database.js';

/** What the commands about signing keys work with. */
export interface KeyBench {
  readonly pool: DatabasePool;
  readonly configurations: SealedConfigurations;
  readonly unitOfWork: UnitOfWork;
  readonly maker: KeyMaker;
}

/**
 * Opens the database and the master key together, and makes sure that they belong to each other: a key wrapped under
 * another master key would be one that no broker opens.
 */
export async function withKeys<T>(environment: WritEnvironment, work: (bench: KeyBench) => Promise<T>): Promise<T> {
  return withDatabase(environment, async (pool, configurations, journal) => {
    const masterKey = environment.masterKey ?? loadOrCreateMasterKey(environment.dataDir);
    const prisma = createPrisma(pool);
    try {
      const store = new PrismaSigningKeyStore(prisma, pool);
      const { rows } = await store.list();
      if (rows.length === 0) throw new CommandFailed('there are no signing keys yet; the first broker makes them');
      await KeyRing.open(store, masterKey, randomBytes, () => new Date()).catch((error: Error) => {
        throw new CommandFailed(error.message);
      });
      return await work({
        pool,
        configurations,
        unitOfWork: unitOfWork(pool, configurations, journal),
        maker: new WrappedKeyMaker(masterKey, randomBytes),
      });
    } finally {
      await prisma.$disconnect();
    }
  });
}
