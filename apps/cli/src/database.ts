import { connectEmbedded } from '#persistence/embedded/running-url.js';
import { judgeOver } from '#persistence/connection/judging-connections.js';
import { Journal } from '#persistence/connection/journal.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { PostgresBrokenSeals } from '#persistence/seals/postgres-broken-seals.js';
import { isUnavailable } from '#persistence/connection/store-fault.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import { sealExistingRows } from '#persistence/seals/seal-existing-rows.js';
import { SealedConfigurations } from '#persistence/sql/sealed-configurations.js';
import { useCases, type UseCases } from '#persistence/use-cases.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { CommandFailed } from './command.js';
import { masterKeyOf } from './master-key.js';

const CONNECTIONS_MAX = 4;
const UNDEFINED_TABLE = '42P01';
const NO_SUCH_DATABASE = '3D000';

/**
 * Opens the database for one command, judging and making seals with the broker's master key: that of DATABASE_URL, or the embedded one of the broker that runs on the data
 * folder. Closes it afterwards. Refuses with `CommandFailed` when there is none.
 */
export async function withDatabase<T>(environment: WritEnvironment, work: (cases: UseCases) => Promise<T>): Promise<T> {
  const pool = createPool(await urlOf(environment), { max: CONNECTIONS_MAX, applicationName: 'writ-cli' });
  try {
    const configurations = await sealedConfigurations(pool, environment);
    return await work(useCases({ pool, configurations, journal: new Journal(new RandomIds(), configurations.seals) }));
  } catch (error) {
    throw inWords(error);
  } finally {
    await pool.end();
  }
}

/**
 * Rows judged with this environment's key. Refuses with `CommandFailed` a key that fits no configuration: it would only
 * write what nobody believes.
 */
export async function sealedConfigurations(
  pool: DatabasePool,
  environment: Pick<WritEnvironment, 'masterKey' | 'dataDir'>,
): Promise<SealedConfigurations> {
  const masterKey = masterKeyOf(environment);
  const seals = new MasterKeySeals(
    masterKey,
    new PostgresBrokenSeals(pool, new Journal(new RandomIds(), new MasterKeySeals(masterKey))),
  );
  const configurations = new SealedConfigurations(seals);
  await sealExistingRows(pool, configurations, new RandomIds());
  judgeOver(pool, seals);
  if ((await configurations.newest(pool)) === null && (await configurations.any(pool)))
    throw new CommandFailed('no configuration in this database bears a seal of this WRIT_MASTER_KEY');
  return configurations;
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
