import { PAYMENTS } from './asks.js';
import { BrokerProcess } from './broker-process.js';
import { startPaymentsApi, type RunningPaymentsApi } from './payments-api.js';
import { SampleAgent } from './sample-agent.js';
import { SignedClient } from './signed-client.js';
import { SlackHand } from './slack-hand.js';
import { tellStory } from './story.js';
import { Terminal } from './terminal.js';

const HARD_LIMIT_MS = 60_000;
/** As shells count an end by a signal. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

const began = performance.now();
const terminal = new Terminal(process.stdout);
const interruption = new AbortController();
// Listening stays on during the clean-up: an impatient second Ctrl-C must not leave a database behind.
for (const [signal, code] of Object.entries(SIGNALS))
  process.on(signal, () => interruption.abort(new Interrupted(code)));
// A closed pipe (`npm run demo | head`) ends the demo too, in order.
process.stdout.on('error', () => interruption.abort(new Interrupted(1)));
setTimeout(
  () => interruption.abort(new Error(`the demo did not end within ${HARD_LIMIT_MS / 1000} s`)),
  HARD_LIMIT_MS,
).unref();

process.exit(await run());

/** Returns the exit code: 0 only when every step held and everything was put away. */
async function run(): Promise<number> {
  terminal.line(
    'Writ, told in one terminal: an agent asks, policy and people decide, one refund is made, and nothing is left over.',
  );
  terminal.line('Starting a broker for this demo alone: embedded PostgreSQL, local Slack, the sample configuration…');
  const broker = new BrokerProcess();
  let code = await tell(broker).catch((error: unknown) => explain(error, broker));
  await broker.stop().catch((error: unknown) => {
    terminal.fail(messageOf(error));
    code = 1;
  });
  if (code === 0) {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    terminal.line(
      `\nEvery step held: ${terminal.checks} checks in ${seconds} s. The demo's broker is stopped and its folder removed.`,
    );
    terminal.line(
      'Next: `npm start` runs Writ with the same configuration; apps/demo/src shows how each part is written.',
    );
  }
  return code;
}

async function tell(broker: BrokerProcess): Promise<number> {
  const interrupted = new Promise<never>((_, reject) => {
    interruption.signal.addEventListener('abort', () => reject(interruption.signal.reason as Error));
  });
  let payments: RunningPaymentsApi | undefined;
  const story = async (): Promise<void> => {
    const { issuer, slackPage } = await broker.addresses;
    const client = (id: string): SignedClient => SignedClient.fromKeyFile(id, issuer, broker.keyFile(id));
    payments = await startPaymentsApi(PAYMENTS, issuer, client('payments-api'));
    terminal.line(`Writ: ${issuer}   local Slack: ${new URL(slackPage).origin}   payments API: ${payments.url}`);
    await tellStory({
      terminal,
      supportBot: new SampleAgent(client('support-bot')),
      deployBot: new SampleAgent(client('deploy-bot')),
      payments,
      verifier: client('payments-api'),
      auditor: client('auditor-tool'),
      slack: new SlackHand(slackPage),
    });
  };
  try {
    await Promise.race([story(), interrupted]);
    return 0;
  } finally {
    await payments?.close();
  }
}

function explain(error: unknown, broker: BrokerProcess): number {
  if (error instanceof Interrupted) {
    terminal.line('\nInterrupted. Stopping the broker…');
    terminal.mute();
    return error.exitCode;
  }
  terminal.fail(messageOf(error));
  const log = broker.logTail();
  terminal.line(log.length === 0 ? "\nThe broker's log is empty." : "\nThe end of the broker's log:");
  terminal.quote(log);
  return 1;
}

/** A broken connection is a `fetch failed`; what is worth reading is its cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
