import type { Actor } from '#escalations/rows/history.js';
import type { WritEnvironment } from '#platform/config/environment/environment.js';

/** What a command may reach: passed in, so that tests run commands without a process. */
export interface CommandContext {
  /** The checked environment. @throws ConfigurationError; commands that need none never ask */
  readonly environment: () => WritEnvironment;
  /** Absolute folder that paths on the command line start from. */
  readonly cwd: string;
  /** Who history says did it. */
  readonly actor: Actor;
  /** A result line: standard output. */
  readonly out: (line: string) => void;
  /** A remark for people: standard error, so that a pipe carries results alone. */
  readonly remark: (line: string) => void;
  /** Gets a secret from standard input: on a terminal typed twice, unseen. */
  readonly askSecret: () => Promise<string>;
  /** Asks for one line, `null` at the end of input; absent where nobody sits at a terminal. */
  readonly askLine?: (question: string) => Promise<string | null>;
}

/** One `writ` command; its name and summary are in its row of commands.ts. `run` answers the exit code. */
export interface Command {
  /** What follows the name, such as `<id> [--json]`. */
  readonly usage: string;
  /** Further lines of its own `--help`. */
  readonly help: readonly string[];
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

/** The command line makes no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It was understood and could not be done: exit code 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
