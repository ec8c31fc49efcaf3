import { RE2JS, RE2JSException } from 're2js';

/**
 * Patterns meet texts of agents on the one thread that serves everybody, so they are matched by an automaton: its time
 * grows with the text and with the size of the pattern, whatever either says. No backtracking, hence neither look-around
 * nor back-references.
 */
export interface Pattern {
  /** True when the pattern matches somewhere in the text. */
  readonly matches: (text: string) => boolean;
}

/** States of one pattern. Each step may visit them all, and one request holds at most 4 KiB of texts. */
const STATES_MAX = 1_200;

/** Compiles RE2 syntax, or says what is wrong with it. */
export function compilePattern(source: string): Pattern | { readonly fault: string } {
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.programSize() > STATES_MAX)
      return { fault: `is too large (${compiled.programSize()} states, at most ${STATES_MAX}): use maxLength` };
    return { matches: (text) => compiled.test(text) };
  } catch (error) {
    if (error instanceof RE2JSException) return { fault: error.message };
    throw error;
  }
}

/** Patterns come from the configuration only, so this table is as small as the file. */
const known = new Map<string, Pattern | null>();

/** False also for a pattern of an older configuration that is none: what cannot be matched is not let pass. */
export function matchesPattern(source: string, text: string): boolean {
  let pattern = known.get(source);
  if (pattern === undefined) {
    const compiled = compilePattern(source);
    pattern = 'fault' in compiled ? null : compiled;
    known.set(source, pattern);
  }
  return pattern?.matches(text) ?? false;
}
