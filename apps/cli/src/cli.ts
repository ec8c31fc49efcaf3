import type { Command, CommandContext } from './command.js';
import { UsageError } from './command.js';
import { COMMANDS, type CommandRow } from './commands.js';
import { inertLine } from './text.js';

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;

/** Runs one command line (without node and script). Returns the exit code: 0 done, 1 not done, 2 not understood. */
export async function runCli(argv: readonly string[], context: CommandContext): Promise<number> {
  const row = findCommand(argv);
  const asksHelp = wantsHelp(argv);
  if (row === null) return asksHelp ? show(overview(argv), context.out) : misuse(argv, context);
  const command = await row.load();
  if (asksHelp) return show(helpOf(row, command), context.out);
  try {
    return await command.run(argv.slice(wordsOf(row).length), context);
  } catch (error) {
    return explain(error, `${row.name} ${command.usage}`, context);
  }
}

/** True before a `--`, after which everything is an argument. */
function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  return argv[0] === 'help' || options.some((word) => word === '--help' || word === '-h');
}

function findCommand(argv: readonly string[]): CommandRow | null {
  return COMMANDS.find((command) => wordsOf(command).every((word, index) => argv[index] === word)) ?? null;
}

function wordsOf({ name }: CommandRow): string[] {
  return name.split(' ');
}

function misuse(argv: readonly string[], context: CommandContext): number {
  if (argv.length > 0) {
    const words = argv.slice(0, 2).filter((word) => !word.startsWith('-'));
    context.remark(`writ: there is no command "${inertLine(words.join(' '))}"`);
  }
  show(overview(argv), context.remark);
  return MISUSED;
}

function explain(error: unknown, usage: string, context: CommandContext): number {
  const said = error instanceof Error ? error.message : String(error);
  // A configuration's message lists every fault on a line of its own.
  for (const [index, line] of said.split('\n').entries())
    context.remark(index === 0 ? `writ: ${inertLine(line)}` : inertLine(line));
  if (!(error instanceof UsageError)) return FAILED;
  context.remark(`usage: writ ${usage}`.trimEnd());
  return MISUSED;
}

/** The commands, or only those of the group that was named. */
function overview([group]: readonly string[]): string[] {
  const named = COMMANDS.filter((command) => wordsOf(command)[0] === group);
  const shown = named.length > 0 ? named : COMMANDS;
  const width = Math.max(...shown.map((command) => command.name.length));
  return [
    'usage: writ <command> [options]',
    '',
    ...shown.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'writ <command> --help tells more. The environment is that of the broker: docs/configuration.md.',
  ];
}

function helpOf({ name, summary }: CommandRow, { usage, help }: Command): string[] {
  return [`usage: writ ${name} ${usage}`.trimEnd(), '', summary, ...(help.length > 0 ? ['', ...help] : [])];
}

function show(lines: readonly string[], print: (line: string) => void): number {
  for (const line of lines) print(line);
  return DONE;
}
