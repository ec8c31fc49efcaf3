import { spawn } from 'node:child_process';
import type { LocalSlack } from '../../apps/local-slack/src/server.js';
import { brokerEnvironment, freePort, type BrokerOptions } from './broker.js';
import { until } from './until.js';
import type { World } from './world.js';

/** Several processes start at once on a machine that does other things too. */
const START_MS = 30_000;

/** A broker of its own process, as an operator starts one. */
export interface BrokerProcess {
  readonly issuer: string;
  readonly pid: number;
  /** Freezes and thaws it, between two instructions of its own. */
  freeze(): void;
  thaw(): void;
  /** Ends it without a chance to say goodbye, frozen or not; resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the compiled program and waits until it says that it is ready. @throws with what it wrote when it ends first */
export async function spawnBroker(
  world: World,
  slack: LocalSlack,
  options: BrokerOptions & { readonly roles: string },
): Promise<BrokerProcess> {
  const port = options.port ?? (await freePort());
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    ...brokerEnvironment(world, slack, port, options),
  };
  const child = spawn(process.execPath, ['tools/start.mjs', 'dist/apps/broker/src/main.js'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const ready = await until(
    'the process is ready',
    () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the process ended: ${written}`);
      return /^Writ is ready at (\S+)$/m.exec(written);
    },
    START_MS,
  ).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    issuer: ready[1] as string,
    pid: child.pid as number,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
    stop: () => {
      child.kill('SIGTERM');
      return gone;
    },
  };
}
