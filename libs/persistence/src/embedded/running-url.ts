import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { liveHolder } from './broker-lock.js';
import { PASSWORD_FILE, SUPERUSER } from './cluster.js';
import { existingCluster } from './placement.js';
import { runningPostmaster } from './postmaster.js';

/** The data folder belongs to another user of the operating system, who alone may read the database's password. */
export class DataFolderOutOfReach extends Error {
  constructor(dataDir: string) {
    super(`${dataDir} belongs to another user: run this as the user that runs the broker.`);
    this.name = 'DataFolderOutOfReach';
  }
}

/**
 * Takes the data folder of an embedded database; returns the connection string of the server that a running broker
 * keeps there, or null when no broker runs on it. A server whose broker died is left to the next broker. Starts nothing
 * and changes nothing. Refuses with `DataFolderOutOfReach`.
 * @param database the one to connect to; `writ` unless told, as in `startEmbeddedPostgres`
 */
export async function connectEmbedded(dataDir: string, database = 'writ'): Promise<string | null> {
  try {
    if (!existsSync(dataDir)) return null;
    const folder = realpathSync(dataDir);
    const pgData = existingCluster(folder);
    if (pgData === null) return null;
    // Before the lock, which cannot be told from a missing one by somebody who may not read it.
    const password = readFileSync(join(folder, PASSWORD_FILE), 'utf8').trim();
    const server = liveHolder(folder) === null ? null : await runningPostmaster(pgData);
    if (server === null) return null;
    return `postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw code === 'EACCES' || code === 'EPERM' ? new DataFolderOutOfReach(dataDir) : error;
  }
}
