import { describe, expect, it } from '@jest/globals';
import { policySetChanges, policySetDiff } from '#policy/policy-set-diff.js';
import { unifiedDiff } from '#policy/unified-diff.js';

const reads = (ttl: number): string =>
  `@id("reads") @outcome("allow")\n@max_ttl("${ttl}")\npermit (principal, action, resource);`;
const FORBID = '@id("no-drops")\nforbid (principal, action, resource);';

describe('the difference of two policy sets', () => {
  it('is told policy by policy, with a unified diff of each', () => {
    const before = [
      { name: 'a.cedar', text: `// Head.\n${reads(600)}\n` },
      { name: 'b.cedar', text: FORBID },
    ];
    const after = [
      { name: 'a.cedar', text: `// Head.\n${reads(60)}\n\n@id("new") forbid (principal, action, resource);\n` },
    ];
    expect(policySetDiff(before, after)).toEqual([
      {
        policy: 'reads',
        change: 'changed',
        file: 'a.cedar',
        diff: `--- a/policies/a.cedar#reads
+++ b/policies/a.cedar#reads
@@ -1,3 +1,3 @@
 @id("reads") @outcome("allow")
-@max_ttl("600")
+@max_ttl("60")
 permit (principal, action, resource);
`,
      },
      expect.objectContaining({ policy: 'new', change: 'added', diff: expect.stringContaining('\n+@id("new")') }),
      expect.objectContaining({ policy: 'no-drops', change: 'removed', file: 'b.cedar' }),
    ]);
  });

  it('says that a policy has moved, and calls it no change of the policy', () => {
    expect(policySetDiff([{ name: 'a.cedar', text: FORBID }], [{ name: 'b.cedar', text: `\n${FORBID}` }])).toEqual([
      { policy: 'no-drops', change: 'moved', file: 'b.cedar', diff: '' },
    ]);
  });

  it('tells a file in which only comments differ, since its version is another one', () => {
    expect(
      policySetDiff(
        [{ name: 'a.cedar', text: `// One.\n${FORBID}` }],
        [{ name: 'a.cedar', text: `// Two.\n${FORBID}` }],
      ),
    ).toEqual([
      { policy: null, change: 'changed', file: 'a.cedar', diff: expect.stringContaining('-// One.\n+// Two.') },
    ]);
  });

  it('is empty for equal sets', () => {
    expect(policySetDiff([{ name: 'a.cedar', text: FORBID }], [{ name: 'a.cedar', text: FORBID }])).toEqual([]);
  });
});

describe('the changes between two policy sets', () => {
  const rule = (id: string, hour: number): string =>
    `@id("${id}")\nforbid (principal, action, resource)\nwhen { context.hour_utc < ${hour} };\n`;

  it('are those of the diff, in its order, without the diffs', () => {
    const before = [
      { name: 'a.cedar', text: rule('stays', 1) + rule('changes', 1) + rule('goes', 1) },
      { name: 'b.cedar', text: rule('moves', 1) },
      { name: 'c.cedar', text: `// One.\n${rule('said', 1)}` },
      { name: 'e.cedar', text: rule('same', 1) },
    ];
    const after = [
      { name: 'a.cedar', text: rule('stays', 1) + rule('changes', 2) + rule('comes', 1) },
      { name: 'c.cedar', text: `// Two.\n${rule('said', 1)}` },
      { name: 'd.cedar', text: rule('moves', 1) },
      { name: 'e.cedar', text: rule('same', 1) },
    ];
    const changes = policySetChanges(before, after);
    expect(changes).toEqual([
      { policy: 'changes', change: 'changed', file: 'a.cedar' },
      { policy: 'comes', change: 'added', file: 'a.cedar' },
      { policy: 'moves', change: 'moved', file: 'd.cedar' },
      { policy: 'goes', change: 'removed', file: 'a.cedar' },
      { policy: null, change: 'changed', file: 'c.cedar' },
    ]);
    expect(policySetDiff(before, after).map(({ diff: _, ...change }) => change)).toEqual(changes);
  });
});

describe('a unified diff', () => {
  const lines = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);

  it('gives changes that are far from each other hunks of their own', () => {
    const before = `${lines(1, 40).join('\n')}\n`;
    expect(unifiedDiff('f', before, before.replace('\n3\n', '\nthree\n').replace('\n30\n', '\n'))).toBe(
      `--- a/f\n+++ b/f\n@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n@@ -27,7 +27,6 @@\n 27\n 28\n 29\n-30\n 31\n 32\n 33\n`,
    );
  });

  it('of a new text begins at line 0 of nothing, as patch reads it', () => {
    expect(unifiedDiff('f', '', 'a\n')).toBe('--- a/f\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n');
  });

  it('of texts too long to compare line by line is all of the old and all of the new', () => {
    const [old, next] = [lines(1, 3_000).join('\n'), lines(10_001, 13_000).join('\n')];
    const diff = unifiedDiff('f', old, next);
    expect(diff).toContain('@@ -1,3000 +1,3000 @@');
    expect(diff.split('\n')).toHaveLength(2 + 1 + 6_000 + 1);
  });
});
