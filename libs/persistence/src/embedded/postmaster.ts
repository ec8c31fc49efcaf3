import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { program } from './binaries.js';
import { EmbeddedUnavailable } from './errors.js';
import { cleanEnvironment, spawnIdentity } from './os-user.js';
import type { Placement } from './placement.js';
import { identityOf, isAlive, worksIn, type ProcessIdentity } from './process-identity.js';

/** A running PostgreSQL server of one data folder. */
export interface Postmaster {
  readonly process: ProcessIdentity;
  readonly port: number;
}

const POLL_MS = 10;
/** Recovery after a power cut reads the whole write-ahead log. */
const START_TIMEOUT_MS = 60_000;
/** Together under the ten seconds in which a stop signal must have ended everything. */
const FAST_STOP_MS = 5_000;
const IMMEDIATE_STOP_MS = 2_000;
const LOG_ROTATE_BYTES = 5 * 1024 * 1024;
const PORT_ATTEMPTS = 5;

/** The lines of PostgreSQL's `postmaster.pid` that matter here, in its order (pid, folder, start, port, …, status). */
interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/**
 * Returns the live server of this data folder, or null. One that is on its way up or down is waited for: up, it is
 * returned; down, it is gone.
 */
export async function runningPostmaster(pgData: string): Promise<Postmaster | null> {
  const file = readPidFile(pgData);
  if (file === null) return null;
  const owner = identityOf(file.pid);
  if (!isAlive(owner) || worksIn(file.pid, pgData) === false) return null;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (isAlive(owner) && Date.now() < deadline) {
    const now = readPidFile(pgData);
    if (now?.pid === owner.pid && now.status === 'ready') return { process: owner, port: now.port };
    await setTimeout(POLL_MS);
  }
  if (!isAlive(owner)) return null;
  throw new EmbeddedUnavailable(`the server of ${pgData} (process ${owner.pid}) neither starts nor ends.`);
}

/**
 * Starts the server on a free loopback port, as its own session so that a terminal's Ctrl-C does not reach it.
 * Returns once it accepts connections. Refuses with the last lines of `logFile` when it ends instead.
 */
export async function startPostmaster(
  placement: Placement,
  logFile: string,
  options: { readonly durable: boolean; readonly settings?: Readonly<Record<string, string>> | undefined },
): Promise<Postmaster> {
  disownReusedPid(placement.pgData);
  rotate(logFile);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const before = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    const child = launch(placement, logFile, [...settings(options.durable, options.settings), '-c', `port=${port}`]);
    if (await becomesReady(child, placement.pgData)) {
      return { process: identityOf(child.pid ?? 0), port };
    }
    const said = readFileSync(logFile).subarray(before).toString('utf8').trim();
    // Between finding the port free and taking it, another process may have had it.
    if (attempt < PORT_ATTEMPTS && /address already in use/i.test(said)) continue;
    throw new EmbeddedUnavailable(
      `it ended while starting. ${logFile} says:\n${said.split('\n').slice(-12).join('\n')}`,
    );
  }
}

/**
 * Ends the server: open sessions are cut, the data is left clean. One that takes too long is ended harder, and then
 * replays its log at the next start; nothing committed is lost. With `discard` the data is about to be thrown away.
 */
export async function stopPostmaster(
  postmaster: Postmaster,
  placement: Placement,
  options: { readonly discard: boolean },
): Promise<void> {
  if (!options.discard && (await endedAfter('fast', postmaster, placement, FAST_STOP_MS))) return;
  if (await endedAfter('immediate', postmaster, placement, IMMEDIATE_STOP_MS)) return;
  if (isAlive(postmaster.process)) process.kill(postmaster.process.pid, 'SIGKILL');
}

async function endedAfter(
  mode: 'fast' | 'immediate',
  postmaster: Postmaster,
  placement: Placement,
  patienceMs: number,
): Promise<boolean> {
  if (!isAlive(postmaster.process)) return true;
  if (process.platform === 'win32') {
    const args = ['stop', `--pgdata=${placement.pgData}`, `--mode=${mode}`, '--no-wait'];
    spawnSync(program(placement.binaries, 'pg_ctl'), args, { timeout: patienceMs });
  } else {
    signal(postmaster.process.pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  }
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (!isAlive(postmaster.process)) return true;
    await setTimeout(POLL_MS);
  }
  return !isAlive(postmaster.process);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function launch(placement: Placement, logFile: string, args: readonly string[]): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program(placement.binaries, 'postgres'), ['-D', placement.pgData, ...args], {
      ...spawnIdentity(placement.user),
      cwd: dirname(placement.pgData),
      env: cleanEnvironment(),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    child.on('error', () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

function settings(durable: boolean, replacing: Readonly<Record<string, string>> = {}): string[] {
  const onOff = durable ? 'on' : 'off';
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Tests, which alone go without durability, start many brokers at once.
    max_connections: durable ? '200' : '500',
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    synchronous_commit: onOff,
    fsync: onOff,
    full_page_writes: onOff,
    jit: 'off',
    // Tests count statements and plans.
    ...(durable ? {} : { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on' }),
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    // Statements and details of failed rows would carry what people and agents wrote into a log file.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...replacing,
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function becomesReady(child: ChildProcess, pgData: string): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const file = readPidFile(pgData);
    if (file?.pid === child.pid && file.status === 'ready') return true;
    if (Date.now() > deadline) {
      child.kill('SIGQUIT');
      return false;
    }
    await setTimeout(POLL_MS);
  }
  return false;
}

/**
 * A dead server's `postmaster.pid` may name a number that now belongs to another process, and PostgreSQL then refuses
 * to start. Deleting the file would also delete its guard against backends that outlived their server; naming this
 * process instead (a number PostgreSQL knows to be its own parent) keeps that guard.
 */
function disownReusedPid(pgData: string): void {
  const path = join(pgData, 'postmaster.pid');
  if (process.platform === 'win32' || !existsSync(path)) return;
  const [, ...rest] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, [String(process.pid), ...rest].join('\n'));
}

function readPidFile(pgData: string): PidFile | null {
  const path = join(pgData, 'postmaster.pid');
  if (!existsSync(path)) return null;
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() } : null;
}

function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_ROTATE_BYTES) renameSync(logFile, `${logFile}.1`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
