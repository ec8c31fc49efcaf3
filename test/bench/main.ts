import { startServer, type Server } from '../harness/world/database.js';
import { BENCHES } from './benches.js';
import type { Figures } from './figure.js';
import { closeFields } from './field.js';
import { readCommand, USAGE } from './command.js';
import { asJson, asTable } from './report.js';

/** `npm run bench -- [<name>…] [--json] [--rounds n]`: standard output holds the figures alone. */
async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2), BENCHES);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  if (typeof command === 'string') {
    say(`${command}\n${USAGE}`);
    return 2;
  }
  const server = await startServer(process.env['WRIT_TEST_DATABASE_URL']);
  process.env['WRIT_TEST_SERVER_URL'] = server.url;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => endNow(server, code));
  try {
    let figures: Figures = {};
    for (const bench of command.benches) {
      const began = performance.now();
      figures = { ...figures, ...(await bench.run(command.rounds, say)) };
      say(`${bench.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
    process.stdout.write(command.json ? asJson(figures) : asTable(figures));
    return 0;
  } catch (error) {
    say(`The bench failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  } finally {
    await server.stop();
  }
}

/** Whatever is still being asked fails now, and nobody wants to read of it. */
function endNow(server: Server, code: number): void {
  process.on('uncaughtException', () => undefined);
  void closeFields()
    .then(() => server.stop())
    .finally(() => process.exit(code));
}

process.exit(await main());
