import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { LIMITS } from '#domain/limits.js';
import { isId } from '#domain/ids.js';
import type { CommandContext } from './command.js';
import { UsageError } from './command.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>;

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Parses the options of a command.
 * @param words what each positional argument is, in order; a last one that ends in `…` may come any number of times
 * @throws UsageError for an unknown option, a missing value, a missing or surplus argument
 */
export function readArguments<T extends Options>(
  args: readonly string[],
  options: T,
  words: readonly string[] = [],
): Parsed<T> {
  let parsed: Parsed<T>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's message goes on with advice about its own syntax after the first sentence.
    throw new UsageError((error as Error).message.split(/\.\s|\n/, 1)[0]);
  }
  const required = words.filter((word) => !word.endsWith('…'));
  const missing = required[parsed.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  if (required.length === words.length && parsed.positionals.length > required.length) {
    throw new UsageError(`"${parsed.positionals[required.length]}" is one argument too many`);
  }
  return parsed;
}

/** The configuration folder: `--config` from where the caller stands, otherwise the environment's. */
export function configFolder(given: string | undefined, context: CommandContext): string {
  return given === undefined ? context.environment().configDir : resolve(context.cwd, given);
}

/** An RFC 3339 instant, or a date (midnight UTC), as epoch milliseconds; `undefined` stays so. */
export function readInstant(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new UsageError(`${option} must be a date such as 2026-01-31 or a time such as 2026-01-31T09:00:00Z`);
  return ms;
}

/** The number of rows asked for: a page of the history. */
export function readLimit(text: string | undefined): number {
  if (text === undefined) return LIMITS.pageSizeDefault;
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > LIMITS.pageSizeMax) {
    throw new UsageError(`--limit must be a number from 1 to ${LIMITS.pageSizeMax}`);
  }
  return Number(text);
}

/** One of `choices`, or nothing. */
export function readChoice(option: string, text: string | undefined, choices: readonly string[]): string | undefined {
  if (text === undefined || choices.includes(text)) return text;
  throw new UsageError(`${option} must be one of ${choices.join(', ')}`);
}

/** Why somebody does this: 1 to 500 characters, as over the wire. */
export function readReason(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.trim() === '' || [...text].length > LIMITS.reasonLengthMax) {
    throw new UsageError(`--reason must have 1 to ${LIMITS.reasonLengthMax} characters`);
  }
  return text;
}

/** The id of a grant, checked for form so that a slip is told at once. */
export function readGrantId(text: string | undefined): string {
  if (isId('grt', text)) return text;
  throw new UsageError('<id> must be the id of a grant: grt_ and 26 characters, as `writ grants list` shows');
}
