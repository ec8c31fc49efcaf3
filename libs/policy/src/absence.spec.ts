import { describe, expect, it } from '@jest/globals';
import { sampleCatalog, anAction, aResource, args } from './testing/builders.js';
import { isRefusedSet, loadPolicies } from './load.js';

const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;
const RESOURCE = 'https://vault.example';
const catalog = {
  ...sampleCatalog(),
  resources: [
    aResource(RESOURCE, [
      anAction('key.read', 'high', args({ name: text, 'amount?': whole, 'flag?': { type: 'boolean' } })),
      { ...anAction('key.wipe', 'high'), identifierRequired: true },
    ]),
  ],
};
const on = (action: string): string => `(principal, action == Writ::Action::"${action}", resource)`;

/** The warnings of a set, as far as they are about what is absent. */
function warningsOf(...policies: string[]): string[] {
  const textOf = policies.map((policy, index) => `@id("p${index}") ${policy}`).join('\n');
  const loaded = loadPolicies([{ name: 'a.cedar', text: textOf }], catalog);
  if (isRefusedSet(loaded)) throw new Error(loaded.map(({ rule }) => rule).join('\n'));
  return loaded.warnings
    .filter(({ rule }) => rule.includes('only where it is given'))
    .map(({ policy, rule }) => `${policy} ${/reads (\S+)/.exec(rule)?.[1]}`);
}
const forbid = (clauses: string, action = 'key.read'): string => `forbid ${on(action)} ${clauses};`;

describe('a forbid is told of when leaving something out escapes it', () => {
  it.each<[string, string, string]>([
    ['has and a value', 'when { context has identifier && context.identifier like "prod/*" }', 'identifier'],
    ['max_uses', 'when { context has max_uses && context.max_uses > 5 }', 'max_uses'],
    [
      'an optional argument',
      'when { context.arguments has amount && context.arguments.amount > 5 }',
      'arguments.amount',
    ],
    ['a path of has', 'when { context has arguments.amount && context.arguments.amount > 5 }', 'arguments.amount'],
    ['quoted names', 'when { context has "identifier" && context["identifier"] == "prod" }', 'identifier'],
    [
      'a part of several',
      'when { context.risk == "high" && (context has identifier && context.identifier == "a") }',
      'identifier',
    ],
    [
      'another way to match',
      'when { (context has identifier && context.identifier == "a") || context.open_grants > 3 }',
      'identifier',
    ],
    ['two clauses', 'when { context has identifier } when { context.identifier like "prod/*" }', 'identifier'],
    ['unless', 'unless { if context has identifier then context.identifier like "dev/*" else true }', 'identifier'],
    ['unless, negated', 'unless { !(context has identifier && context.identifier like "prod/*") }', 'identifier'],
    ['if', 'when { if context has identifier then context.identifier like "prod/*" else false }', 'identifier'],
    ['a comparison', 'when { context has identifier && (context.identifier like "prod/*") == true }', 'identifier'],
    ['a set', 'when { context has identifier && ["prod", "live"].contains(context.identifier) }', 'identifier'],
  ])('by %s', (_what, clauses, member) => {
    expect(warningsOf(forbid(clauses))).toEqual([`p0 context.${member}`]);
  });

  it('once for each member', () => {
    expect(
      warningsOf(
        forbid(
          'when { context has identifier && context.identifier == "a" && context has max_uses && context.max_uses > 1 }',
        ),
      ),
    ).toEqual(['p0 context.identifier', 'p0 context.max_uses']);
  });

  it('whatever other actions require', () => {
    expect(
      warningsOf('forbid (principal, action, resource) when { context has identifier && context.identifier == "a" };'),
    ).toEqual(['p0 context.identifier']);
  });
});

describe('a forbid is not told of', () => {
  it.each<[string, string]>([
    [
      'absent counts as the worst',
      'when { if context has identifier then context.identifier like "prod/*" else true }',
    ],
    [
      'the same beside other conditions',
      'when { context.risk == "high" && (if context has identifier then context.identifier like "prod/*" else true) }',
    ],
    ['a comparison says so', 'when { (context has identifier && context.identifier like "dev/*") == false }'],
    ['unless it is known to be harmless', 'unless { context has identifier && context.identifier like "dev/*" }'],
    ['if, closed', 'when { if context has identifier then context.identifier like "prod/*" else true }'],
    ['it asks only whether something is given', 'when { context.arguments has flag }'],
    ['it reads what is always there', 'when { context.arguments.name like "prod/*" || context.requested_ttl > 60 }'],
    ['what it reads of the resource', 'when { resource has environment && resource.environment == "prod" }'],
  ])('where %s', (_what, clauses) => {
    expect(warningsOf(forbid(clauses))).toEqual([]);
  });

  it('where the action requires an identifier, which then needs no has', () => {
    expect(warningsOf(forbid('when { context.identifier like "prod/*" }', 'key.wipe'))).toEqual([]);
  });

  it.each<[string, string]>([
    ['of the same scope', forbid('unless { context has identifier }')],
    ['of a wider one', 'forbid (principal, action, resource) when { !(context has identifier) };'],
  ])('where another forbid %s closes the gap', (_what, closer) => {
    expect(warningsOf(forbid('when { context has identifier && context.identifier == "a" }'), closer)).toEqual([]);
  });

  it.each<[string, string]>([
    ['of another action', forbid('unless { context has identifier }', 'key.wipe')],
    [
      'for other agents',
      `forbid (principal in Writ::Group::"support", action == Writ::Action::"key.read", resource) unless { context has identifier };`,
    ],
    ['at other times', forbid('unless { context has identifier || context.hour_utc < 6 }')],
  ])('but one %s does not close it', (_what, other) => {
    expect(warningsOf(forbid('when { context has identifier && context.identifier == "a" }'), other)).toContain(
      'p0 context.identifier',
    );
  });

  it('and no permit is', () => {
    const permit = `@outcome("allow") permit ${on('key.read')} when { context has identifier && context.identifier == "a" };`;
    expect(warningsOf(permit)).toEqual([]);
  });
});

describe('very long conditions', () => {
  it('are told of when they are not plainly closed, without trying every answer', () => {
    const many = Array.from({ length: 40 }, (_, index) => `context.requested_ttl == ${index}`).join(' || ');
    expect(warningsOf(forbid(`when { context has identifier && (${many} || context.identifier == "a") }`))).toEqual([
      'p0 context.identifier',
    ]);
  });
});
