import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const POLL_MS = 200;

/** Runs `work` while no other process does, for this `path`; a lock whose process is gone is taken over. */
export async function withLock(path, log, work) {
  for (let attempt = 0; !take(path); attempt += 1) {
    const owner = ownerOf(path);
    if (owner !== null && !isRunning(owner)) discardLockOf(owner, path);
    else {
      if (attempt === 0) log(`Waiting for another set-up (process ${owner?.pid ?? 'unknown'})…`);
      await setTimeout(POLL_MS);
    }
  }
  const release = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** A folder that is renamed into place appears together with its owner, and never onto another that has one. */
function take(path) {
  if (existsSync(path)) return false;
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'owner'), JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    renameSync(draft, path);
    return true;
  } catch {
    rmSync(draft, { recursive: true, force: true });
    return false;
  }
}

/** Two waiters may judge the same lock; the one that moved a newer lock than it judged puts it back. */
function discardLockOf(owner, path) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    const moved = ownerOf(aside);
    if (moved !== null && (moved.pid !== owner.pid || moved.started !== owner.started)) renameSync(aside, path);
    else rmSync(aside, { recursive: true, force: true });
  } catch {
    // Another waiter was first.
  }
}

function ownerOf(path) {
  try {
    return JSON.parse(readFileSync(join(path, 'owner'), 'utf8'));
  } catch {
    return null;
  }
}

function isRunning({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === null || now === null || started === now;
}

/** The start time of a process where the system tells it (Linux): process numbers are used again. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}
