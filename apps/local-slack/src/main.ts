import { parseArgs } from 'node:util';
import { startLocalSlack } from './server.js';

const DEFAULT_PORT = '4010';
const DEFAULT_REQUEST_URL = 'http://localhost:3000/slack/events';

/** The local Slack alone: prints where it is and what an app needs to know, then runs until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      'request-url': { type: 'string', default: DEFAULT_REQUEST_URL },
    },
  });
  if (!/^\d{1,5}$/.test(values.port)) throw new Error('--port takes a number from 0 to 65535');
  const slack = await startLocalSlack({ port: Number(values.port), requestUrl: values['request-url'] });
  console.log(`Local Slack at ${slack.pageUrl}`);
  for (const [name, value] of Object.entries(slack.env)) console.log(`export ${name}=${value}`);
  let closing = false;
  const end = (): void => {
    if (closing) return;
    closing = true;
    void slack.close();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

main().catch((error: unknown) => {
  console.error(`Local Slack cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
