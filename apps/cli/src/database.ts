import { ChangeSignal, type UnitOfWork } from '#escalations/ports.js';
import { connectEmbedded } from '#persistence/embedded/running-url.js';
import { OutboxSignal } from '#persistence/outbox-signal.js';
import { createPool, type DatabasePool } from '#persistence/pool.js';
import { isUnavailable } from '#persistence/store-fault.js';
import { PostgresUnitOfWork } from '#persistence/postgres-unit-of-work.js';
import { RandomIds } from '#persistence/random-ids.js';
import type { WritEnvironment } from '#platform/config/environment.js';
import { CommandFailed } from './command.js';

const CONNECTIONS_MAX = 4;
const UNDEFINED_TABLE = '42P01';
const NO_SUCH_DATABASE = '3D000';

/**
 * Opens the database for one command: that of DATABASE_URL, or the embedded one of the broker that runs on the data
 * folder. Closes it afterwards. Refuses with `CommandFailed` when there is none.
 */
export async function withDatabase<T>(
  environment: WritEnvironment,
  work: (pool: DatabasePool) => Promise<T>,
): Promise<T> {
  const pool = createPool(await urlOf(environment), { max: CONNECTIONS_MAX, applicationName: 'writ-cli' });
  try {
    return await work(pool);
  } catch (error) {
    throw inWords(error);
  } finally {
    await pool.end();
  }
}

/** Transactions of a command. The rows they leave in the outbox are found by the running broker, which polls. */
export function unitOfWork(pool: DatabasePool): UnitOfWork {
  return new PostgresUnitOfWork(pool, new RandomIds(), new OutboxSignal(), new NobodyWaits());
}

async function urlOf(environment: WritEnvironment): Promise<string> {
  if (environment.database.kind === 'external') return environment.database.url;
  const url = await connectEmbedded(environment.dataDir);
  if (url !== null) return url;
  throw new CommandFailed(`no broker is running on ${environment.dataDir}; start it with npm start`);
}

function inWords(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === UNDEFINED_TABLE || code === NO_SUCH_DATABASE) {
    return new CommandFailed('the database holds no tables of Writ yet; start a broker on it first, which makes them');
  }
  if (isUnavailable(error)) return new CommandFailed(`the database cannot be reached (${code ?? 'connection lost'})`);
  return error;
}

/** No long poll hangs on this process; those of brokers hear the commit from the database. */
class NobodyWaits extends ChangeSignal {
  override wait(): Promise<void> {
    return Promise.resolve();
  }
  override changed(): void {}
  override watch(): () => void {
    return () => undefined;
  }
}
