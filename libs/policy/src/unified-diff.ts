import { structuredPatch, type StructuredPatchHunk } from 'diff';

const CONTEXT_LINES = 3;
/** Lines that come or go and are looked for; a larger change, which would take long, is told as all old and all new lines. */
const EDITS_MAX = 1_000;

type Hunk = Pick<StructuredPatchHunk, 'oldStart' | 'oldLines' | 'newStart' | 'newLines' | 'lines'>;

/**
 * A unified diff of two texts, as `patch` and `git apply` read it; empty when they are equal. Whether a text ends in a line
 * break makes no difference.
 * @param name of the file, after `a/` and `b/`
 */
export function unifiedDiff(name: string, before: string, after: string): string {
  const [old, next] = [wholeLines(before), wholeLines(after)];
  const options = { context: CONTEXT_LINES, maxEditLength: EDITS_MAX };
  const hunks: Hunk[] = structuredPatch('', '', old, next, '', '', options)?.hunks ?? [replaced(old, next)];
  if (hunks.length === 0) return '';
  return [`--- a/${name}`, `+++ b/${name}`, ...hunks.flatMap(written), ''].join('\n');
}

function wholeLines(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function replaced(old: string, next: string): Hunk {
  const [gone, come] = [old.split('\n').slice(0, -1), next.split('\n').slice(0, -1)];
  const lines = [...gone.map((line) => `-${line}`), ...come.map((line) => `+${line}`)];
  return { oldStart: 1, oldLines: gone.length, newStart: 1, newLines: come.length, lines };
}

function written({ oldStart, oldLines, newStart, newLines, lines }: Hunk): string[] {
  // An empty side stands after the line before it.
  const [from, to] = [oldLines === 0 ? oldStart - 1 : oldStart, newLines === 0 ? newStart - 1 : newStart];
  return [`@@ -${from},${oldLines} +${to},${newLines} @@`, ...lines];
}
