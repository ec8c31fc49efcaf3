import { describe, expect, it } from '@jest/globals';
import { applyPatch } from 'diff';
import fc from 'fast-check';
import { unifiedDiff } from './unified-diff.js';

const text = fc
  .array(fc.constantFrom('permit', 'when {', '};', '', '  a ', '-- b', '++ c', '\\ d'), { maxLength: 30 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

describe('a unified diff', () => {
  it('turns the text before into the text after', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff('f', before, after);
        expect(diff === '').toBe(before === after);
        expect(diff === '' ? before : applyPatch(before, diff)).toBe(after);
      }),
    );
  });

  it('says nothing of a line break at the end, and names the file as it is', () => {
    expect(unifiedDiff('é "x".cedar', 'a', 'a\n')).toBe('');
    expect(unifiedDiff('é "x".cedar', 'a', 'b\n')).toBe(
      '--- a/é "x".cedar\n+++ b/é "x".cedar\n@@ -1,1 +1,1 @@\n-a\n+b\n',
    );
  });

  it('of texts too different to compare is all of the old and all of the new, also of a new text', () => {
    const lines = Array.from({ length: 1_500 }, (_, at) => `${at}\n`).join('');
    expect(applyPatch('old\n', unifiedDiff('f', 'old\n', lines))).toBe(lines);
    expect(unifiedDiff('f', '', lines)).toContain('@@ -0,0 +1,1500 @@');
  });
});
