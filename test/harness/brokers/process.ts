import { spawn } from 'node:child_process';
import type { LocalSlack } from '../../../packages/local-slack/src/server.js';
import { brokerEnvironment, onFreePort, type BrokerOptions } from './broker.js';
import { until } from '../judges/until.js';
import type { World } from '../world/world.js';

/** Several processes start at once on a machine that does other things too. */
const START_MS = 90_000;

/** A broker of its own process, as an operator starts one. */
export interface BrokerProcess {
  readonly issuer: string;
  /** Where this process answers. */
  readonly base: string;
  readonly pid: number;
  /** Everything it wrote, in pieces as they came. */
  readonly logged: readonly string[];
  /**
   * Lets it end (or freeze) itself the next time it comes to this point; resolves once it is armed. Only for the
   * program with failpoints.
   */
  arm(failpoint: string, how: 'kill' | 'stop'): Promise<void>;
  /** Resolves when it comes to the point that was armed. */
  reached(): Promise<void>;
  /** What it holds after collecting its garbage. Only for the program of the soak. */
  memory(): Promise<NodeJS.MemoryUsage>;
  /** Resolves when it has ended, by whatever. */
  readonly gone: Promise<number | null>;
  /** Freezes and thaws it, between two instructions of its own. */
  freeze(): void;
  thaw(): void;
  /** Ends it without a chance to say goodbye, frozen or not; resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

type ProcessOptions = BrokerOptions & { readonly roles: string; readonly program?: string };

/** Starts the compiled program and waits until it says that it is ready. @throws with what it wrote when it ends first */
export function spawnBroker(world: World, slack: LocalSlack, options: ProcessOptions): Promise<BrokerProcess> {
  return options.port === undefined
    ? onFreePort((port) => spawnAt(world, slack, options, port))
    : spawnAt(world, slack, options, options.port);
}

async function spawnAt(world: World, slack: LocalSlack, options: ProcessOptions, port: number): Promise<BrokerProcess> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    ...brokerEnvironment(world, slack, port, options),
  };
  const child = spawn(process.execPath, ['tools/start.mjs', options.program ?? 'dist/apps/broker/src/main.js'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const told = (word: string): Promise<void> =>
    new Promise((resolve) => {
      const hear = (message: unknown): void => {
        if (message !== word) return;
        child.off('message', hear);
        resolve();
      };
      child.on('message', hear);
    });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const logged: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => logged.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => logged.push(chunk.toString()));
  const ready = await until(
    'the process is ready',
    () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the process ended: ${logged.join('')}`);
      return /^Writ is ready at (\S+)/m.exec(logged.join(''));
    },
    START_MS,
  ).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    issuer: ready[1] as string,
    base: `http://localhost:${port}`,
    pid: child.pid as number,
    logged,
    arm: async (failpoint, how) => {
      const armed = told('armed');
      child.send({ failpoint, how });
      await armed;
    },
    reached: () => told('reached'),
    memory: () =>
      new Promise((resolve, reject) => {
        child.once('message', (message) => resolve((message as { memory: NodeJS.MemoryUsage }).memory));
        child.send('memory', (error) => error !== null && reject(error));
      }),
    gone,
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
