import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { EmbeddedAlreadyRunning } from './errors.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

const LOCK = 'broker.lock';
const TAKEOVER = 'broker.lock.takeover';
/** A takeover is a few system calls; one older than this was cut short. */
const TAKEOVER_STALE_MS = 10_000;

interface LockContent extends ProcessIdentity {
  /** A folder copied together with its lock is not held by the broker of the original. */
  readonly dataDir: string;
}

export interface BrokerLock {
  release(): void;
}

/**
 * Takes the absolute data folder; returns the lock that says this process runs on it.
 * A lock left by a dead broker is taken over. Refuses with `EmbeddedAlreadyRunning` while a live one holds it.
 */
export async function takeBrokerLock(dataDir: string): Promise<BrokerLock> {
  const path = join(dataDir, LOCK);
  const deadline = Date.now() + 2 * TAKEOVER_STALE_MS;
  while (!create(dataDir, path)) {
    const holder = liveHolder(dataDir);
    if (holder !== null) throw new EmbeddedAlreadyRunning(holder.pid, dataDir);
    if (Date.now() > deadline) throw new Error(`${path} cannot be taken over; remove it if no Writ runs there.`);
    clearDeadLock(dataDir, path);
    await setTimeout(5);
  }
  return { release: () => release(dataDir, path) };
}

/** Returns the live broker that holds this folder, or null. */
export function liveHolder(dataDir: string): ProcessIdentity | null {
  const content = read(join(dataDir, LOCK));
  return content !== null && content.dataDir === dataDir && isAlive(content) ? content : null;
}

/** Whether a broker took this folder and died without giving it back. */
export function isAbandoned(dataDir: string): boolean {
  return existsSync(join(dataDir, LOCK)) && liveHolder(dataDir) === null;
}

/** A hard link appears with its content or not at all; two processes cannot both make it. */
function create(dataDir: string, path: string): boolean {
  const draft = `${path}.${process.pid}`;
  const content: LockContent = { ...identityOf(process.pid), dataDir };
  writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Judging and removing a dead lock happens under a folder that only one process can make. */
function clearDeadLock(dataDir: string, path: string): void {
  const guard = join(dataDir, TAKEOVER);
  if (!enter(guard)) return;
  try {
    // Nobody else replaces a lock that exists here now, so what is judged dead is what is removed.
    if (existsSync(path) && liveHolder(dataDir) === null) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

function enter(guard: string): boolean {
  try {
    mkdirSync(guard);
    return true;
  } catch {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age < TAKEOVER_STALE_MS) return false;
  }
  try {
    // Renaming picks one winner among those who saw the same stale guard.
    const stale = `${guard}.${process.pid}`;
    renameSync(guard, stale);
    rmSync(stale, { recursive: true, force: true });
    mkdirSync(guard);
    return true;
  } catch {
    return false;
  }
}

function release(dataDir: string, path: string): void {
  const content = read(path);
  if (content?.pid === process.pid && content.dataDir === dataDir) rmSync(path, { force: true });
}

function read(path: string): LockContent | null {
  try {
    const parsed = JSON.parse(readFileSync(path, 'utf8')) as LockContent;
    return typeof parsed.pid === 'number' ? parsed : null;
  } catch {
    return null;
  }
}
