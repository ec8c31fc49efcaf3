import { describe, expect, it } from '@jest/globals';
import { breakGlassUsed, justifiesBreakGlass, skippedGates } from '#domain/break-glass.js';
import type { Gate, PolicyOutcome } from '#domain/policy-decision.js';

const gate = (group: string, quorum = 1): Gate => ({ group, quorum });
const decision = (outcome: PolicyOutcome, ...gates: Gate[]) => ({ outcome, gates });
const ask = (...gates: Gate[]) => decision('require_approval', ...gates);

describe('break-glass is used where it', () => {
  it.each([
    ['turns a denial into an approval', decision('allow'), decision('deny')],
    ['turns a denial into a question', ask(gate('oncall')), decision('deny')],
    ['spares people the question', decision('allow'), ask(gate('oncall'))],
    ['asks one group fewer', ask(gate('oncall')), ask(gate('oncall'), gate('security'))],
    ['asks fewer people of a group', ask(gate('oncall')), ask(gate('oncall', 2))],
    ['asks for no passkey', ask(gate('oncall')), { ...ask(gate('oncall')), stepUp: 'webauthn' as const }],
    ['lets a click do', ask(gate('oncall')), { ...ask(gate('oncall')), slack: 'deny_only' as const }],
    ['asks another group instead', ask(gate('security')), ask(gate('oncall'))],
  ])('%s', (_name, declared, ordinary) => expect(breakGlassUsed(declared, ordinary)).toBe(true));
});

describe('break-glass is not used where it', () => {
  it.each([
    ['changes nothing', ask(gate('oncall')), ask(gate('oncall'))],
    ['is not needed', decision('allow'), decision('allow')],
    ['does not help', decision('deny'), decision('deny')],
    ['makes things harder', ask(gate('oncall')), decision('allow')],
    ['is forbidden', decision('deny'), ask(gate('oncall'))],
    ['asks for a passkey too', { ...ask(gate('oncall')), stepUp: 'webauthn' as const }, ask(gate('oncall'))],
    ['asks more people', ask(gate('oncall', 2), gate('security')), ask(gate('oncall'))],
  ])('%s', (_name, declared, ordinary) => expect(breakGlassUsed(declared, ordinary)).toBe(false));
});

it('skips the groups that are not asked, or for fewer people', () => {
  expect(skippedGates([gate('a'), gate('b')], [gate('a', 2), gate('b'), gate('c')])).toEqual(['a', 'c']);
});

describe('a reason for break-glass', () => {
  it.each([
    ['nothing', null, false],
    ['19 characters between spaces', `  ${'x'.repeat(19)}          `, false],
    ['20 characters', 'x'.repeat(20), true],
    ['20 characters outside the basic plane', '🔥'.repeat(20), true],
    ['10 of them, which are 20 code units', '🔥'.repeat(10), false],
  ])('of %s', (_name, text, enough) => expect(justifiesBreakGlass(text)).toBe(enough));
});
