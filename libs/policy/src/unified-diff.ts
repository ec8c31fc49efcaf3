const CONTEXT_LINES = 3;
/** Pairs of lines that are compared; a larger change is told as all old lines and then all new ones. */
const PAIRS_MAX = 4_000_000;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * A unified diff of two texts, as `patch` and `git apply` read it; empty when they are equal. Made for small changes to
 * small files: the lines between the first and the last difference are compared each with each, as long as they are few.
 * @param name of the file, after `a/` and `b/`
 */
export function unifiedDiff(name: string, before: string, after: string): string {
  const [old, next] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < next.length - head && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  if (head === old.length && head === next.length) return '';
  const lines: Line[] = [
    ...same(old.slice(0, head)),
    ...changes(old.slice(head, old.length - tail), next.slice(head, next.length - tail)),
    ...same(old.slice(old.length - tail)),
  ];
  return [`--- a/${name}`, `+++ b/${name}`, ...hunks(lines), ''].join('\n');
}

/** The changed lines with those around them, and where they stand. Changes that are near each other share a hunk. */
function hunks(lines: readonly Line[]): string[] {
  const told: string[] = [];
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]));
  let [old, next, at] = [0, 0, 0];
  const pass = (line: Line | undefined): void => {
    if (line?.mark !== '+') old += 1;
    if (line?.mark !== '-') next += 1;
  };
  for (let first = 0; first < changed.length;) {
    let last = first;
    while ((changed[last + 1] ?? Infinity) - (changed[last] ?? 0) <= 2 * CONTEXT_LINES) last += 1;
    const from = Math.max(0, (changed[first] ?? 0) - CONTEXT_LINES);
    const shown = lines.slice(from, (changed[last] ?? 0) + CONTEXT_LINES + 1);
    for (; at < from; at += 1) pass(lines[at]);
    told.push(`@@ -${range(old, shown, '-')} +${range(next, shown, '+')} @@`);
    told.push(...shown.map(({ mark, text }) => mark + text));
    first = last + 1;
  }
  return told;
}

/** An empty side stands after the line before it. */
function range(passed: number, shown: readonly Line[], mark: '-' | '+'): string {
  const count = shown.filter((line) => line.mark === ' ' || line.mark === mark).length;
  return `${count === 0 ? passed : passed + 1},${count}`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function same(lines: readonly string[]): Line[] {
  return marked(' ', lines);
}

function marked(mark: Line['mark'], lines: readonly string[]): Line[] {
  return lines.map((text) => ({ mark, text }));
}

/** By the longest common subsequence; removals stand before additions. */
function changes(old: readonly string[], next: readonly string[]): Line[] {
  if (old.length * next.length > PAIRS_MAX) return [...marked('-', old), ...marked('+', next)];
  const longest = table(old, next);
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0;
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    const [gone, come] = [old[i], next[j]];
    if (gone !== undefined && gone === come) {
      lines.push({ mark: ' ', text: gone });
      i += 1;
      j += 1;
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: gone });
      i += 1;
    } else {
      lines.push({ mark: '+', text: come as string });
      j += 1;
    }
  }
  return lines;
}

/** `table[i][j]`: the longest common subsequence of what follows `i` and what follows `j`. */
function table(old: readonly string[], next: readonly string[]): number[][] {
  const longest = Array.from({ length: old.length + 1 }, () => new Array<number>(next.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = next.length - 1; j >= 0; j -= 1) {
      const [row, below] = [longest[i] as number[], longest[i + 1] as number[]];
      row[j] = old[i] === next[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return longest;
}
