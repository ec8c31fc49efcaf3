import { BENCHES } from './benches.js';
import { readCommand, USAGE, type Command } from './command.js';
import { isAbsent, type Bench, type Figures } from './figure.js';
import { asJson, asTable } from './report.js';
import { fallen, measuredAgain, readRatios, SHORT_BENCHES, writeRatios } from './short.js';
import { closeFields } from './sides/field.js';
import { startBenchServer, type BenchServer } from './sides/server.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** `npm run bench`: standard output holds the figures alone. */
async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2), BENCHES);
  if (typeof command === 'string') {
    say(`${command}\n${USAGE}`);
    return 2;
  }
  const server = await startBenchServer(process.env['WRIT_BENCH_DATABASE_URL']).catch(said);
  if (server === null) return 1;
  process.env['WRIT_TEST_SERVER_URL'] = server.url;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => endNow(server, code));
  try {
    return await (command.short === null ? all(command, server) : short(command, server));
  } catch (error) {
    said(error);
    return 1;
  } finally {
    await server.stop();
  }
}

async function all({ benches, rounds, json }: Command, { settings }: BenchServer): Promise<number> {
  let figures: Figures = {};
  for (const bench of benches) figures = { ...figures, ...(await timed(bench, rounds, false)) };
  process.stdout.write(json ? asJson(figures, settings) : asTable(figures, settings));
  return 0;
}

/** Answers 1 where a ratio has fallen twice. */
async function short({ rounds, json, short: how }: Command, { settings }: BenchServer): Promise<number> {
  let figures: Figures = {};
  for (const bench of SHORT_BENCHES) figures = { ...figures, ...(await timed(bench, rounds, true)) };
  if (how === 'write') writeRatios(figures);
  const committed = readRatios();
  figures = await measuredAgain(figures, committed, (bench) => {
    say(`${bench.name}: a ratio seems to have fallen; once more`);
    return timed(bench, rounds, true);
  });
  process.stdout.write(json ? asJson(figures, settings) : asTable(figures, settings));
  const lines = [...fallen(figures, committed).values()];
  for (const line of lines) say(line);
  for (const name of Object.keys(figures).filter((one) => committed[one] === undefined))
    if (!isAbsent(figures[name] as Figures[string])) say(`${name} is not committed yet: --write-ratios keeps it`);
  return lines.length === 0 ? 0 : 1;
}

async function timed(bench: Bench, rounds: number, isShort: boolean): Promise<Figures> {
  const began = performance.now();
  const figures = await bench.run({ rounds, short: isShort, say });
  for (const [name, one] of Object.entries(figures)) if (isAbsent(one)) say(`${name} is absent: ${one.absent}`);
  say(`${bench.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return figures;
}

function said(error: unknown): null {
  say(`The bench failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return null;
}

/** Whatever is still being asked fails now, and nobody wants to read of it. */
function endNow(server: BenchServer, code: number): void {
  process.on('uncaughtException', () => undefined);
  void closeFields()
    .then(() => server.stop())
    .finally(() => process.exit(code));
}

process.exit(await main());
