import { createServer, type AddressInfo } from 'node:net';
import { startLocalSlack, type LocalSlack, type LocalSlackOptions } from '../../../packages/local-slack/src/server.js';
import { startBroker, type RunningBroker } from '../../../apps/broker/src/start-broker.js';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { JsonLog } from '#platform/observe/log.js';
import type { World } from '../world/world.js';

export interface Broker extends RunningBroker {
  /** Where this process answers: its issuer, unless several brokers share one. */
  readonly base: string;
  readonly slack: LocalSlack;
  /** The Redis of its jobs, when they are not in PostgreSQL. */
  readonly redisUrl?: string;
  /** True for a process that answers no caller. */
  readonly worksOnly?: boolean;
  /** Everything this broker logged. */
  readonly logged: readonly string[];
}

export interface BrokerOptions {
  readonly roles?: string;
  readonly port?: number;
  /** A local Slack to share between processes; otherwise the broker gets its own. */
  readonly slack?: LocalSlack;
  readonly redisUrl?: string;
  /** Without the variables of Slack. */
  readonly slackOff?: true;
  readonly extra?: Readonly<Record<string, string>>;
}

/** The people and channels of the base configuration, as Slack knows them. @param options e.g. the port to come back at */
export function startSlack(options: LocalSlackOptions = {}): Promise<LocalSlack> {
  return startLocalSlack({
    people: ['alice', 'bob', 'carol', 'dave', 'erin', 'olga', 'omar'].map((name, index) => ({
      user: `U000${index + 1}`,
      name,
    })),
    channels: [
      { id: 'C0001', name: 'oncall' },
      { id: 'C0002', name: 'security' },
    ],
    ...options,
    seed: { teamId: 'T0001', ...options.seed },
  });
}

/** A broker of this world in this process, over real PostgreSQL, real HTTP and the strict local Slack. */
export async function startTestBroker(world: World, options: BrokerOptions = {}): Promise<Broker> {
  if (options.port === undefined) return onFreePort((port) => startTestBroker(world, { ...options, port }));
  const { port } = options;
  const slack = options.slack ?? (await startSlack());
  const environment = readEnvironment(brokerEnvironment(world, slack, port, options), world.configDir);
  const logged: string[] = [];
  try {
    const log = new JsonLog('debug', (line) => void logged.push(line));
    const broker = await startBroker(environment, () => undefined, { log });
    slack.setRequestUrl(`http://127.0.0.1:${port}/slack/events`);
    return {
      ...broker,
      base: `http://localhost:${port}`,
      slack,
      ...(options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl }),
      worksOnly: options.roles === 'worker',
      logged,
      close: async (drain) => {
        await broker.close(drain);
        if (options.slack === undefined) await slack.close();
      },
    };
  } catch (error) {
    if (options.slack === undefined) await slack.close();
    throw new Error(
      `the broker did not start: ${error instanceof Error ? error.stack : String(error)}\n${logged.slice(-5).join('')}`,
    );
  }
}

/** The environment of a broker process of this world. */
export function brokerEnvironment(
  world: World,
  slack: LocalSlack,
  port: number,
  options: BrokerOptions = {},
): Record<string, string> {
  return {
    DATABASE_URL: world.database.url,
    WRIT_MASTER_KEY: world.masterKey,
    WRIT_CONFIG: world.configDir,
    WRIT_DATA_DIR: world.configDir,
    WRIT_PORT: String(port),
    WRIT_LOG_LEVEL: 'debug',
    // Nobody stands in front, unless a test says so.
    WRIT_DRAIN_SECONDS: '0',
    ...(options.roles === undefined ? {} : { WRIT_ROLES: options.roles }),
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    ...(options.slackOff === true ? {} : slack.env),
    ...options.extra,
  };
}

/** Starts something on a free port; on another one when somebody took it in between, as any outgoing call may. */
export async function onFreePort<T>(start: (port: number) => Promise<T>, tries = 3): Promise<T> {
  try {
    return await start(await freePort());
  } catch (error) {
    if (tries <= 1 || !/port \d+ is taken/.test(String(error))) throw error;
    return onFreePort(start, tries - 1);
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}
