/** `warning`: worth a look, and no reason to fail. */
export type Level = 'ok' | 'warning' | 'problem';

/** One thing looked at. `problem` says what is wrong and what to do; `null` where all is well. */
export interface Finding {
  readonly about: string;
  readonly level: Level;
  readonly problem: string | null;
}

/** What was asked for, or one line about why it is not known. */
export type Asked<T> = { readonly known: T } | { readonly fault: string };

/** Nothing to do about it. */
export function fine(about: string): Finding {
  return { about, level: 'ok', problem: null };
}

/** Worth a look. @param problem what is odd and what to do */
export function odd(about: string, problem: string): Finding {
  return { about, level: 'warning', problem };
}

/** Needs mending. @param problem what is wrong and what to do */
export function wrong(about: string, problem: string): Finding {
  return { about, level: 'problem', problem };
}

/** The finding of a check with one answer: wrong with these words, or fine without. */
export function verdict(about: string, problem: string | null): Finding {
  return problem === null ? fine(about) : wrong(about, problem);
}

/** `a, b and 3 more`, so that a line stays a line. */
export function named(names: readonly string[], max = 5): string {
  const shown = names.slice(0, max).join(', ');
  return names.length <= max ? shown : `${shown} and ${names.length - max} more`;
}
