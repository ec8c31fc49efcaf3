import 'reflect-metadata';
import { userInfo } from 'node:os';
import { COMMAND_ACTOR } from '#escalations/watch/watch-history.js';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { environmentOfProcess } from '#platform/config/environment/process-environment.js';
import { runCli } from './cli.js';
import type { CommandContext } from './command.js';
import { WORK_FOLDER } from '#platform/root.js';
import { lineAsker } from './line-prompt.js';
import { askSecret } from './secret-prompt.js';

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const context: CommandContext = {
  environment: () => readEnvironment(environmentOfProcess(), WORK_FOLDER),
  cwd: process.cwd(),
  actor: { kind: 'system', id: `${COMMAND_ACTOR}${userName()}` },
  out: (line) => void process.stdout.write(`${line}\n`),
  remark: (line) => void process.stderr.write(`${line}\n`),
  askSecret: () => askSecret(process.stdin, (text) => void process.stderr.write(text)),
  ...(process.stdin.isTTY ? { askLine: lineAsker(process.stdin, process.stderr) } : {}),
};

process.exitCode = await runCli(process.argv.slice(2), context);

/** The operating system's name of the caller; its number where a container gives it no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
