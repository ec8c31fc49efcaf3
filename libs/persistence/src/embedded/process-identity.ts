import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process beyond doubt: numbers are used again, a number together with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque and comparable; null where the platform does not tell. */
  readonly startedAt: string | null;
}

/** Takes a process id; returns its identity, to be stored and later given to `isAlive`. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: observe(pid)?.startedAt ?? null };
}

/** True while exactly this process runs: not when its number now belongs to another, nor when it is a zombie. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (!pidExists(identity.pid)) return false;
  const seen = observe(identity.pid);
  // A process of another user may be hidden: then its number is all there is, and holding back is the safe side.
  if (seen === null) return true;
  if (seen.zombie) return false;
  return identity.startedAt === null || seen.startedAt === null || identity.startedAt === seen.startedAt;
}

/** Whether the process works in this folder (absolute, without links); null when the platform does not tell. */
export function worksIn(pid: number, folder: string): boolean | null {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === folder;
    if (process.platform === 'darwin') return ps(pid, 'command=').includes(folder);
  } catch {
    return null;
  }
  return null;
}

/** Whether any process has this number, one of another user included. */
export function pidExists(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

interface Observation {
  readonly startedAt: string | null;
  readonly zombie: boolean;
}

function observe(pid: number): Observation | null {
  try {
    if (process.platform === 'linux') return observeProc(pid);
    if (process.platform === 'darwin') {
      const state = ps(pid, 'state=');
      return { startedAt: ps(pid, 'lstart='), zombie: state.startsWith('Z') };
    }
  } catch {
    return null;
  }
  return null;
}

function observeProc(pid: number): Observation {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets and may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { startedAt: `${boot}/${fields[19] ?? ''}`, zombie: fields[0] === 'Z' };
}

function ps(pid: number, column: string): string {
  return execFileSync('/bin/ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim();
}
