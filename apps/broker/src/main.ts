import { setTimeout } from 'node:timers/promises';
import { ConfigurationError } from '#platform/config/configuration-error.js';
import { readEnvironment } from '#platform/config/environment.js';
import { environmentOfProcess } from '#platform/config/process-environment.js';
import { ROOT, WORK_FOLDER } from '#platform/root.js';
import { nextStep } from './next-step.js';
import { startBroker } from './start-broker.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const stopped = new Promise<void>((resolve) => {
  // For good: npm and a terminal both pass Ctrl-C on, and the second signal must not cut the drain short.
  process.on('SIGTERM', () => resolve());
  process.on('SIGINT', () => resolve());
});

try {
  const environment = readEnvironment(environmentOfProcess(), WORK_FOLDER);
  const broker = await startBroker(environment, say);
  if (broker.localSlackUrl !== null) say(`Local Slack at ${broker.localSlackUrl}`);
  else if (broker.slackIsOff) say('Slack is off: no SLACK_* variables are set. People decide over REST.');
  say(`Writ is ready at ${broker.issuer}`);
  say(`Next: ${nextStep(ROOT === WORK_FOLDER)}`);
  await stopped;
  say('Stopping…');
  await broker.close(setTimeout(environment.drainSeconds * 1_000));
  process.exit(0);
} catch (error) {
  const known =
    error instanceof ConfigurationError ||
    (error instanceof Error && error.name !== 'Error' && !(error instanceof TypeError));
  process.stderr.write(
    `Writ cannot start: ${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}
