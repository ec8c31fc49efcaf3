import { relative } from 'node:path';

/** Code points that a terminal obeys, hides or uses to reorder what is seen; a line break too, since it ends a line of ours. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;
/** What JSON leaves as it is although a terminal would act on it. */
const UNSEEN_IN_JSON = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of unknown origin made inert for one line of a terminal: nothing is cut, the unseen is written out as `\u{…}`. */
export function inertLine(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

/** Indented JSON, equal as data, in which nothing can steer the terminal that shows it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSEEN_IN_JSON, escapeUnits);
}

/** Columns under their heads, as wide as their widest cell; numbers stand right. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = [heads, ...rows].map((row) => row.map((cell) => inertLine(String(cell))));
  const widths = heads.map((_head, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells.map((row, index) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const isNumber = index > 0 && typeof rows[index - 1]?.[column] === 'number';
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A path as somebody who stands in `cwd` would write it: relative below it, otherwise whole. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith('..') ? path : near || '.';
}

/** `1 case`, `2 cases`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function escapeUnits(char: string): string {
  return Array.from(
    { length: char.length },
    (_unit, index) => `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
