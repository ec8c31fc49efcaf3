import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { environmentOfProcess } from '#platform/config/environment/process-environment.js';
import { ROOT, WORK_FOLDER } from '#platform/root.js';
import { beginDatabase, type BegunDatabase } from './serve/begin-database.js';
import { nextStep } from './serve/next-step.js';

// What loads now stays. Were V8 to widen its space for young objects over it, 30 MiB would be held until the first idle
// minute; kept narrow, the start takes as many seconds of CPU (2.6). Under load the space widens as ever.
setFlagsFromString('--semi-space-growth-factor=1');
const widenAgain = (): void => setFlagsFromString('--semi-space-growth-factor=2');

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const stopped = new Promise<void>((resolve) => {
  // For good: npm and a terminal both pass Ctrl-C on, and the second signal must not cut the drain short.
  process.on('SIGTERM', () => resolve());
  process.on('SIGINT', () => resolve());
});

// With the embedded database a person is assumed to watch; elsewhere a machine reads stderr.
const env = environmentOfProcess();
const atTerminal =
  process.stderr.isTTY === true || (env['DATABASE_URL'] === undefined && env['DATABASE_URL_FILE'] === undefined);

let database: BegunDatabase | undefined;
try {
  const environment = readEnvironment(env, WORK_FOLDER);
  // PostgreSQL starts on one core while what needs it is loaded on another.
  database = beginDatabase(environment, say);
  const { startBroker } = await import('./start-broker.js');
  const broker = await startBroker(environment, say, { database });
  widenAgain();
  if (broker.localSlackUrl !== null) say(`Local Slack at ${broker.localSlackUrl}`);
  say(`Writ is ready at ${broker.issuer} (listening on ${broker.listening.join(' and ')})`);
  if (environment.database.kind === 'embedded') say(`Next: ${nextStep(ROOT === WORK_FOLDER)}`);
  await stopped;
  say('Stopping…');
  await broker.close(setTimeout(environment.drainSeconds * 1_000));
  process.exit(0);
} catch (error) {
  const { startFault, reportedFault } = await import('./start-fault.js');
  process.stderr.write(reportedFault(startFault(error), !atTerminal));
  await database?.stop().catch(() => undefined);
  process.exit(1);
}
