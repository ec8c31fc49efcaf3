import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runnableBinaries, type Binaries } from './binaries.js';
import { EmbeddedUnavailable } from './errors.js';
import { canEnter, isRoot, lookUp, unprivilegedUsers, type OsUser } from './os-user.js';

/** Where one embedded PostgreSQL lives and who runs it. */
export interface Placement {
  /** PostgreSQL's own data folder; it may not exist yet. Its parent does. */
  readonly pgData: string;
  readonly binaries: Binaries;
  /** The user PostgreSQL runs as; null: the one of this process. */
  readonly user: OsUser | null;
}

const CLUSTER = 'postgres';
/** Holds the path of the folder chosen instead, when the database could not live in the data folder itself. */
const LOCATION = 'postgres.location';

/**
 * Takes the absolute data folder; returns where its database lives. Under root that is a place which an unprivileged
 * user can really enter, found by trial, remembered in the data folder and told through `log`.
 * Refuses when no user can run PostgreSQL here, or when the data belongs to another user.
 */
export function place(dataDir: string, log: (line: string) => void): Placement {
  if (isRoot()) return placeUnderRoot(dataDir, log);
  const pgData = join(dataDir, CLUSTER);
  const owner = statSync(pgData, { throwIfNoEntry: false })?.uid;
  if (owner !== undefined && process.getuid !== undefined && owner !== process.getuid()) {
    throw new EmbeddedUnavailable(
      `${pgData} belongs to the user ${lookUp(String(owner))?.name ?? owner}. ` +
        'Start Writ as that user or as root, or choose another folder with WRIT_DATA_DIR.',
    );
  }
  return { pgData, binaries: runnableBinaries(dataDir, null, log), user: null };
}

function placeUnderRoot(dataDir: string, log: (line: string) => void): Placement {
  const remembered = rememberedLocation(dataDir);
  const home = remembered ?? dataDir;
  const existing = join(home, CLUSTER);
  const users = existsSync(existing) ? ownerOf(existing) : unprivilegedUsers();
  if (users.length === 0) {
    throw new EmbeddedUnavailable(
      'PostgreSQL refuses to run as root, and this system has neither a user "postgres" nor "nobody". ' +
        'Start Writ as an ordinary user, or set DATABASE_URL.',
    );
  }
  const user = users.find((candidate) => canBeEntered(home, candidate));
  if (user !== undefined) return settle(home, user, log);
  if (existsSync(existing)) {
    throw new EmbeddedUnavailable(
      `the user ${users[0]?.name} can no longer enter ${existing}. Open the folders above it to that user ` +
        '(chmod o+x), or choose another folder with WRIT_DATA_DIR.',
    );
  }
  return placeElsewhere(dataDir, users, log);
}

function placeElsewhere(dataDir: string, users: readonly OsUser[], log: (line: string) => void): Placement {
  const tag = createHash('sha256').update(dataDir).digest('hex').slice(0, 8);
  // /var/tmp is swept by age on some systems, so it comes second.
  for (const parent of ['/var/lib', '/var/tmp', tmpdir()]) {
    let home: string;
    try {
      home = mkdtempSync(join(parent, `writ-${tag}-`));
    } catch {
      continue;
    }
    const user = users.find((candidate) => canBeEntered(home, candidate));
    if (user === undefined) continue;
    log(
      `The operating system's user ${user.name}, which must run PostgreSQL under root, cannot enter ${dataDir}. ` +
        `The database lives in ${home} instead.`,
    );
    const placement = settle(home, user, log);
    writeFileSync(join(dataDir, LOCATION), `${home}\n`, { mode: 0o600 });
    return placement;
  }
  throw new EmbeddedUnavailable(
    `no folder was found that the user ${users[0]?.name} can enter. Set DATABASE_URL, or WRIT_DATA_DIR to such a folder.`,
  );
}

function settle(home: string, user: OsUser, log: (line: string) => void): Placement {
  const pgData = join(home, CLUSTER);
  // A clone copied by root belongs to root, data included; PostgreSQL insists on owning its folder.
  if (statSync(pgData, { throwIfNoEntry: false })?.uid === 0) giveTo(user, pgData);
  return { pgData, binaries: runnableBinaries(home, user, log), user };
}

/** Our own folder is opened for passing through, not for listing; every secret in it is 0600. Folders above it stay. */
function canBeEntered(home: string, user: OsUser): boolean {
  const mode = statSync(home).mode & 0o7777;
  if ((mode & 0o001) === 0) chmodSync(home, mode | 0o001);
  return canEnter(user, home);
}

/** Where the cluster of an absolute data folder lies, or null when none was made yet. Looks only: changes nothing. */
export function existingCluster(dataDir: string): string | null {
  const pgData = join(rememberedLocation(dataDir) ?? dataDir, CLUSTER);
  return existsSync(pgData) ? pgData : null;
}

function rememberedLocation(dataDir: string): string | null {
  const file = join(dataDir, LOCATION);
  if (!existsSync(file)) return null;
  const home = readFileSync(file, 'utf8').trim();
  return existsSync(home) ? home : null;
}

function ownerOf(folder: string): OsUser[] {
  const { uid } = statSync(folder);
  if (uid === 0) return unprivilegedUsers();
  const owner = lookUp(String(uid));
  return owner === null ? [{ name: String(uid), uid, gid: statSync(folder).gid }] : [owner];
}

/** Gives a folder and all in it to the user; links are not followed. */
export function giveTo(user: OsUser, path: string): void {
  lchownSync(path, user.uid, user.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveTo(user, join(path, name));
}
