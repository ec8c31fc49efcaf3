import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../harness/brokers/broker.js';
import { figure, type Bench, type Figures } from '../figure.js';
import { residentMiB } from '../sides/cpu.js';
import { Sides } from '../sides/sides.js';
import { Works } from '../sides/works.js';

const LOADED = 1_000;
const CONNECTIONS = 16;
const IDLE_MS = 3_000;
const PEER = 'oidc-provider 9 on the same PostgreSQL';

/** What it takes to stand there: until it is ready, and the memory that it holds before and after work. */
export const standing: Bench = {
  name: 'standing',
  gives: ['start_up', 'npm_start', 'memory_idle', 'memory_loaded'],
  run: async (terms): Promise<Figures> => {
    const [ready, idle, loaded] = [pair(), pair(), pair()];
    for (let round = 0; round < terms.rounds; round += 1)
      await Sides.opened(terms, async (sides) => {
        const { field, peer } = sides;
        add(ready, field.readyMs, peer.readyMs);
        await pause(IDLE_MS);
        const pids = [field.processes[0]?.pid ?? 0, peer.pid] as const;
        add(idle, residentMiB(pids[0]), residentMiB(pids[1]));
        const works = new Works(sides);
        const wires = [sides.wire(field.issuer, CONNECTIONS), sides.wire(peer.base, CONNECTIONS)] as const;
        await wires[0].flood(LOADED, await works.askAndCollect(LOADED));
        await wires[1].flood(LOADED, await works.peerToken(LOADED));
        add(loaded, residentMiB(pids[0]), residentMiB(pids[1]));
      });
    const started = await startedByNpm(terms.rounds);
    const memory = (name: string, { ours, theirs }: Pair, when: string): Figures =>
      ours.includes(null) || theirs.includes(null)
        ? { [name]: { absent: 'this system has no /proc' } }
        : { [name]: figure(ours as number[], theirs as number[], 'MiB', `${PEER}, ${when}`) };
    return {
      start_up: figure(
        ready.ours as number[],
        ready.theirs as number[],
        'ms',
        `${PEER}, from its start until it answers`,
      ),
      npm_start: figure(started, ready.theirs as number[], 'ms', `${PEER}, started by node, its PostgreSQL up already`),
      ...memory('memory_idle', idle, 'three seconds after its start'),
      ...memory('memory_loaded', loaded, `after ${LOADED} tokens`),
    };
  },
};

interface Pair {
  readonly ours: (number | null)[];
  readonly theirs: (number | null)[];
}

function pair(): Pair {
  return { ours: [], theirs: [] };
}

function add({ ours, theirs }: Pair, mine: number | null, others: number | null): void {
  ours.push(mine);
  theirs.push(others);
}

/** Milliseconds of `npm start` until it says that it is ready, built and with the database of an earlier start. */
async function startedByNpm(rounds: number): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-bench-start-'));
  try {
    await startOnce(folder);
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) took.push(await startOnce(folder));
    return took;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startOnce(folder: string): Promise<number> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    WRIT_DATA_DIR: folder,
    WRIT_PORT: String(await freePort()),
  };
  const began = performance.now();
  const child = spawn('npm', ['start', '--silent'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(child, 'exit');
  let ms: number | undefined;
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (ms === undefined && text.includes('Writ is ready at ')) {
      ms = performance.now() - began;
      child.kill('SIGTERM');
    }
  }
  await gone;
  if (ms === undefined) throw new Error(`npm start said: ${text}`);
  return ms;
}
