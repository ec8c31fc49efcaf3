import { parseArgs } from 'node:util';
import { DEFAULT_CHANNELS, DEFAULT_PEOPLE, startLocalSlack } from './server.js';

const DEFAULT_PORT = '4010';
const DEFAULT_REQUEST_URL = 'http://localhost:3000/slack/events';

/** Takes `ID:name,ID:name`; returns the pairs. Throws when an id or a name is missing. */
function pairs(text: string, option: string): [id: string, name: string][] {
  return text.split(',').map((entry) => {
    const [id, name] = entry.split(':');
    if (!id || !name) throw new Error(`--${option} takes ID:name,ID:name`);
    return [id, name];
  });
}

/** The local Slack alone: prints where it is and what an app needs to know, then runs until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      'request-url': { type: 'string', default: DEFAULT_REQUEST_URL },
      people: { type: 'string' },
      channels: { type: 'string' },
      'socket-mode': { type: 'boolean', default: false },
    },
  });
  if (!/^\d{1,5}$/.test(values.port)) throw new Error('--port takes a number from 0 to 65535');
  const slack = await startLocalSlack({
    port: Number(values.port),
    requestUrl: values['request-url'],
    socketMode: values['socket-mode'],
    people: values.people ? pairs(values.people, 'people').map(([user, name]) => ({ user, name })) : DEFAULT_PEOPLE,
    channels: values.channels
      ? pairs(values.channels, 'channels').map(([id, name]) => ({ id, name }))
      : DEFAULT_CHANNELS,
  });
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
