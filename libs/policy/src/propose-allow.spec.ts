import { describe, expect, it } from '@jest/globals';
import { proposeAllow } from '#policy/propose-allow.js';
import { unifiedDiff } from '#policy/unified-diff.js';

const FILE = {
  name: 'people.cedar',
  text: `// Money.
@id("reads") @outcome("allow")
permit (principal, action, resource);

@id("team:refunds/small")
@outcome("require_approval")
// Whom to ask.
@approvers("oncall")
@quorum("1")
@max_ttl("200")
@reason("Says @quorum(\\"2\\") and // nothing.") @window("60")
permit (principal, action, resource)
when { context.risk == "low" };
`,
};

describe('the proposal to let a rule allow', () => {
  const proposal = proposeAllow([{ name: 'other.cedar', text: '' }, FILE], 'team:refunds/small');

  it('rewrites the outcome, drops what belongs to the gate, keeps caps, reason and comments', () => {
    expect(proposal?.files[1]?.text).toBe(`// Money.
@id("reads") @outcome("allow")
permit (principal, action, resource);

@id("team:refunds/small")
@outcome("allow")
// Whom to ask.
@max_ttl("200")
@reason("Says @quorum(\\"2\\") and // nothing.")
permit (principal, action, resource)
when { context.risk == "low" };
`);
    expect(proposal?.files[0]).toEqual({ name: 'other.cedar', text: '' });
  });

  it('never lets a comment swallow what follows a dropped annotation', () => {
    const text =
      '@id("a") @outcome("require_approval") // Ask.\n@approvers("x") @max_ttl("9")\npermit (principal, action, resource);';
    expect(proposeAllow([{ name: 'a.cedar', text }], 'a')?.files[0]?.text).toBe(
      '@id("a") @outcome("allow") // Ask.\n @max_ttl("9")\npermit (principal, action, resource);',
    );
  });

  it('is told as a unified diff of that file', () => {
    expect(proposal?.file).toBe('people.cedar');
    expect(proposal?.diff).toBe(`--- a/policies/people.cedar
+++ b/policies/people.cedar
@@ -3,11 +3,9 @@
 permit (principal, action, resource);
 
 @id("team:refunds/small")
-@outcome("require_approval")
+@outcome("allow")
 // Whom to ask.
-@approvers("oncall")
-@quorum("1")
 @max_ttl("200")
-@reason("Says @quorum(\\"2\\") and // nothing.") @window("60")
+@reason("Says @quorum(\\"2\\") and // nothing.")
 permit (principal, action, resource)
 when { context.risk == "low" };
`);
  });

  it.each(['reads', 'unknown', 'constructor'])('does not exist for %s, which asks nobody', (rule) => {
    expect(proposeAllow([FILE], rule)).toBeNull();
  });
});

describe('a unified diff', () => {
  it('of equal texts is empty', () => expect(unifiedDiff('a', 'x\ny\n', 'x\ny\n')).toBe(''));

  it('shows lines that are added at the end', () => {
    expect(unifiedDiff('a', 'x\n', 'x\ny\n')).toBe('--- a/a\n+++ b/a\n@@ -1,1 +1,2 @@\n x\n+y\n');
  });
});
