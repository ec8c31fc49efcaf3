import { inert } from './inert-text.js';

/** Stands before every line that an agent or a person wrote, so that no line of theirs can pass for one of ours. */
export const QUOTE = '│ ';

/** Free text as prefixed lines. */
export function quoted(text: string): string[] {
  return inert(text)
    .split('\n')
    .map((line) => `${QUOTE}${line}`);
}
