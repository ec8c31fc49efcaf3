// The thread in which `migrate` has the pending migrations applied.
import { parentPort, workerData } from 'node:worker_threads';
import { applyPending } from './apply-pending.js';
import { MigrationFailed } from './migration-failed.js';

/** What the thread is given. */
export interface MigrationOrder {
  readonly databaseUrl: string;
  readonly migrationsDir: string;
}

/** What it says: lines for people, and at its end one of the others. */
export type MigrationWord =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'applied'; readonly names: string[] }
  | {
      readonly kind: 'failed';
      /** Whether it is a `MigrationFailed`. */
      readonly migration: boolean;
      readonly message: string;
      /** SQLSTATE, or Node's word for what the network did. */
      readonly code: string | null;
      /** In words: errors of the driver do not pass between threads whole. */
      readonly cause: string | null;
    };

const { databaseUrl, migrationsDir } = workerData as MigrationOrder;
const say = (word: MigrationWord): void => parentPort?.postMessage(word);

try {
  const names = await applyPending(databaseUrl, migrationsDir, (line) => say({ kind: 'line', line }));
  say({ kind: 'applied', names });
} catch (error) {
  const { message, code, cause } = error as Error & { readonly code?: unknown };
  say({
    kind: 'failed',
    migration: error instanceof MigrationFailed,
    message,
    code: typeof code === 'string' ? code : null,
    cause: cause instanceof Error ? String(cause) : typeof cause === 'string' ? cause : null,
  });
}
