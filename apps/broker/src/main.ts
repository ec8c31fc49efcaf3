import { setTimeout } from 'node:timers/promises';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { environmentOfProcess } from '#platform/config/environment/process-environment.js';
import { ROOT, WORK_FOLDER } from '#platform/root.js';
import { nextStep } from './serve/next-step.js';
import { startBroker } from './start-broker.js';
import { startFault, reportedFault } from './start-fault.js';

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

try {
  const environment = readEnvironment(env, WORK_FOLDER);
  const broker = await startBroker(environment, say);
  if (broker.localSlackUrl !== null) say(`Local Slack at ${broker.localSlackUrl}`);
  say(`Writ is ready at ${broker.issuer} (listening on ${broker.listening.join(' and ')})`);
  if (environment.database.kind === 'embedded') say(`Next: ${nextStep(ROOT === WORK_FOLDER)}`);
  await stopped;
  say('Stopping…');
  await broker.close(setTimeout(environment.drainSeconds * 1_000));
  process.exit(0);
} catch (error) {
  process.stderr.write(reportedFault(startFault(error), !atTerminal));
  process.exit(1);
}
