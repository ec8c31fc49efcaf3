import { inert } from './inert-text.js';

/** The last index <= `max` that does not part a surrogate pair. */
export function splitPoint(text: string, max: number): number {
  const code = text.charCodeAt(max - 1);
  return code >= 0xd800 && code <= 0xdbff && text.length > max ? max - 1 : max;
}

/** Lines as a card shows them, and how many characters of them only Details shows. */
export interface Folded {
  readonly lines: readonly string[];
  readonly hidden: number;
}

/** The text when it fits; else its head and a note of ours saying how many characters wait in Details. */
export function fold(text: string, max: number): { readonly shown: string; readonly hidden: number } {
  const shown = inert(text);
  if (shown.length <= max) return { shown, hidden: 0 };
  const end = splitPoint(shown, max);
  return { shown: shown.slice(0, end), hidden: shown.length - end };
}

/** A text of as many rows is short enough for every Slack, also for one that passes over `expand`. */
const SURE_ROWS = 6;
const ROW_CHARACTERS = 100;

/** How many rows these lines take where they are short, at the least. */
export function rowsOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / ROW_CHARACTERS)), 0);
}

/** True when some Slack might show only the head of so many rows: it folds at about five line breaks, or as much text. */
export function mayFold(rows: number): boolean {
  return rows > SURE_ROWS;
}

/** The note under folded text. */
export function foldedNote(hidden: number): string {
  return `… opens in Details (${hidden} more characters)`;
}
