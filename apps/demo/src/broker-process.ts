import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environmentForBroker } from './surroundings.js';

/** Where the broker says it is. */
export interface BrokerAddresses {
  readonly issuer: string;
  readonly slackPage: string;
}

const START = fileURLToPath(new URL('../../../../tools/start.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../broker/src/main.js', import.meta.url));
const STOP_WITHIN_MS = 12_000;
const TAIL_LINES = 25;

/**
 * A broker of the demo's own, as another process: its own temporary folder and any free port, so that it runs beside an
 * `npm start`. Its log goes to a file in that folder.
 */
export class BrokerProcess {
  readonly dataDir = mkdtempSync(join(realpathSync(tmpdir()), 'writ-demo-'));
  readonly addresses: Promise<BrokerAddresses>;
  private readonly logFile = join(this.dataDir, 'broker.log');
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor() {
    const log = openSync(this.logFile, 'a', 0o600);
    this.child = spawn(process.execPath, [START, PROGRAM], {
      env: environmentForBroker({ WRIT_DATA_DIR: this.dataDir, WRIT_PORT: '0' }),
      stdio: ['ignore', 'pipe', log],
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.once('error', () => resolve());
    });
    this.addresses = this.readAddresses();
    // Whoever waits for the addresses hears of a failure; an interruption may come before anybody does.
    this.addresses.catch(() => undefined);
  }

  /** The private key that the embedded default made for an agent or client of the sample. */
  keyFile(id: string): string {
    return join(this.dataDir, 'keys', `${id}.private.jwk.json`);
  }

  /** The last lines of its log; none when it said nothing. */
  logTail(): string[] {
    const lines = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8').split('\n') : [];
    return lines.filter((line) => line !== '').slice(-TAIL_LINES);
  }

  /** Ends the broker with its PostgreSQL and removes the folder. Throws when the broker did not end by itself. */
  async stop(): Promise<void> {
    let killed = false;
    const giveUp = setTimeout(() => {
      killed = true;
      this.child.kill('SIGKILL');
    }, STOP_WITHIN_MS);
    this.child.kill('SIGTERM');
    await this.ended;
    clearTimeout(giveUp);
    const home = this.databaseHome();
    await endPostgres(join(home, 'postgres', 'postmaster.pid'));
    for (const folder of [home, this.dataDir]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    if (killed) throw new Error(`the broker did not stop within ${STOP_WITHIN_MS / 1000} s and was killed`);
  }

  private readAddresses(): Promise<BrokerAddresses> {
    return new Promise((resolve, reject) => {
      let slackPage = '';
      const lines = createInterface({ input: this.child.stdout as Readable });
      lines.on('line', (line) => {
        slackPage = /^Local Slack at (\S+)/.exec(line)?.[1] ?? slackPage;
        const issuer = /^Writ is ready at (\S+)/.exec(line)?.[1];
        if (issuer !== undefined) resolve({ issuer, slackPage });
      });
      lines.once('close', () => reject(new Error('the broker ended before it was ready')));
    });
  }

  /** Under root the database may have found its place outside the data folder, which then says where. */
  private databaseHome(): string {
    const note = join(this.dataDir, 'postgres.location');
    const elsewhere = existsSync(note) ? readFileSync(note, 'utf8').trim() : '';
    return basename(elsewhere).startsWith('writ-') ? elsewhere : this.dataDir;
  }
}

/** A broker that crashed leaves its PostgreSQL running; one that ended in order has removed this file. */
async function endPostgres(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  try {
    // Immediate shutdown: nobody needs this data any more.
    process.kill(pid, 'SIGQUIT');
    for (;;) {
      await pause(50);
      process.kill(pid, 0);
    }
  } catch {
    // It is gone.
  }
}
