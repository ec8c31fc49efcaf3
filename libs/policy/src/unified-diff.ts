const CONTEXT_LINES = 3;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * A unified diff of two texts, as `patch` and `git apply` read it; empty when they are equal. Made for small changes to
 * small files: the lines between the first and the last difference are compared each with each.
 * @param name of the file, after `a/` and `b/`
 */
export function unifiedDiff(name: string, before: string, after: string): string {
  const [old, next] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < next.length - head && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  if (head === old.length && head === next.length) return '';
  const from = Math.max(0, head - CONTEXT_LINES);
  const shown: Line[] = [
    ...same(old.slice(from, head)),
    ...changes(old.slice(head, old.length - tail), next.slice(head, next.length - tail)),
    ...same(old.slice(old.length - tail, old.length - tail + CONTEXT_LINES)),
  ];
  const count = (mark: '-' | '+'): number => shown.filter((line) => line.mark === ' ' || line.mark === mark).length;
  const hunk = `@@ -${from + 1},${count('-')} +${from + 1},${count('+')} @@`;
  return [`--- a/${name}`, `+++ b/${name}`, hunk, ...shown.map(({ mark, text }) => mark + text), ''].join('\n');
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function same(lines: readonly string[]): Line[] {
  return lines.map((text) => ({ mark: ' ', text }));
}

/** By the longest common subsequence; removals stand before additions. */
function changes(old: readonly string[], next: readonly string[]): Line[] {
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
