import { join } from 'node:path';
import { migrateQueueSchema } from '#delivery/bull/connection.js';
import { grantDataRights } from '#persistence/schema/data-rights.js';
import { migrate as applyMigrations } from '#persistence/schema/migrate.js';
import { createPool } from '#persistence/connection/pool.js';
import { PostgresSigningKeyStore } from '#persistence/keys/postgres-signing-key-store.js';
import { createQueuePool, QUEUE_SCHEMA } from '#persistence/schema/queue-pool.js';
import { sealExistingHistory } from '#persistence/seals/seal-history.js';
import { ROOT } from '#platform/root.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { readArguments } from '../../arguments.js';
import { CommandFailed, type Command } from '../../command.js';
import { keysOpen } from '../../keys.js';

/** Makes the tables ready by their owner, so that brokers need no more than the serving role. */
export const migrate: Command = {
  usage: '',
  help: [
    'Works on DATABASE_URL as the role of WRIT_MIGRATE_DATABASE_URL, and gives the role of DATABASE_URL data rights. Every',
    'broker does the same at its start if it may; afterwards it finds nothing to do.',
  ],
  async run(args, context) {
    readArguments(args, {});
    const { database, masterKey } = context.environment();
    if (database.kind === 'embedded') throw new CommandFailed('the embedded database is migrated by its broker');
    const { applied } = await applyMigrations(database.migrateUrl, join(ROOT, 'prisma', 'migrations'), context.remark);
    if (masterKey !== null) await sealHistory(database.migrateUrl, masterKey);
    const owner = createQueuePool(database.migrateUrl, 1);
    await migrateQueueSchema(owner, QUEUE_SCHEMA).finally(() => owner.end());
    await grantDataRights(database.migrateUrl, database.url);
    context.out(applied.length === 0 ? 'nothing to migrate' : applied.join('\n'));
    return 0;
  },
};

/** Seals the audit entries from before there were seals, once, and only under the master key of this database. */
async function sealHistory(ownerUrl: string, masterKey: Buffer): Promise<void> {
  const pool = createPool(ownerUrl, { max: 1 });
  try {
    await keysOpen(new PostgresSigningKeyStore(pool), masterKey);
  } finally {
    await pool.end();
  }
  await sealExistingHistory(ownerUrl, new MasterKeySeals(masterKey));
}
