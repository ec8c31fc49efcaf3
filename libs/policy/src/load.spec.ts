import { describe, expect, it } from '@jest/globals';
import type { ArgumentsSchema } from '#domain/catalog.js';
import { describeFault, isRefusedSet, loadPolicies, type LoadedPolicies, type PolicyFile } from './load.js';
import { anAction, aResource, args, PAYMENTS, sampleCatalog } from './testing/builders.js';

const ALLOW = '@id("a") @outcome("allow")';
const ASK = '@id("a") @outcome("require_approval") @approvers("payments-oncall")';
const scope = '(principal, action, resource)';

function faultsOf(text: string, catalog = sampleCatalog()): string[] {
  const result = loadPolicies([{ name: 'p.cedar', text }], catalog);
  return isRefusedSet(result) ? result.map(describeFault) : [];
}

function loaded(files: readonly PolicyFile[], catalog = sampleCatalog()): LoadedPolicies {
  const result = loadPolicies(files, catalog);
  if (isRefusedSet(result)) throw new Error(result.map(describeFault).join('\n'));
  return result;
}

describe('a policy set is refused', () => {
  it.each<[string, string, string]>([
    ['text that is not Cedar', 'permit(principal', 'p.cedar:1: unexpected end of input'],
    ['an attribute the schema does not have', `${ALLOW} permit${scope} when { context.nosuch };`, 'attribute `nosuch`'],
    [
      'an argument read without asking whether it is there',
      `${ALLOW} permit(principal, action == Writ::Action::"refund.create", resource) when { context.arguments.amount > 1 };`,
      'amount',
    ],
    [
      'free text of the agent',
      `${ALLOW} permit${scope} when { context.justification == "x" };`,
      'attribute `justification`',
    ],
    ['types that do not meet', `${ALLOW} permit${scope} when { context.hour_utc == "9" };`, 'not compatible'],
    [
      'an unknown action',
      `${ALLOW} permit(principal, action == Writ::Action::"nope", resource);`,
      'unrecognized action',
    ],
    ['a template', `${ALLOW} permit(principal == ?principal, action, resource);`, 'templates are not supported'],
    ['an unknown annotation', `${ALLOW} @quroum("2") permit${scope};`, '@quroum is not an annotation of Writ'],
    [
      'an annotation without value that is unknown',
      `${ALLOW} @prototype permit${scope};`,
      '@prototype is not an annotation',
    ],
    ['a missing @id', `@outcome("allow") permit${scope};`, 'p.cedar:1: @id is missing'],
    ['an @id that would name a prototype', `@id("__proto__") @outcome("allow") permit${scope};`, '@id must be'],
    ['an empty @id', `@id @outcome("allow") permit${scope};`, '@id must be'],
    [
      'a duplicate @id',
      `${ALLOW} permit${scope};\n@id("a") forbid${scope};`,
      'p.cedar:2 policy "a": @id is already taken at p.cedar:1',
    ],
    ['a permit without @outcome', `@id("a") permit${scope};`, '@outcome is missing'],
    ['a permit with an unknown @outcome', `@id("a") @outcome("deny") permit${scope};`, '@outcome must be'],
    ['a forbid with @outcome', `@id("a") @outcome("allow") forbid${scope};`, '@outcome does not belong on a forbid'],
    ['a forbid with a cap', `@id("a") @max_ttl("60") forbid${scope};`, '@max_ttl does not belong on a forbid'],
    ['approval without a group', `@id("a") @outcome("require_approval") permit${scope};`, '@approvers is missing'],
    [
      'approval by an unknown group',
      `@id("a") @outcome("require_approval") @approvers("nobody") permit${scope};`,
      'a group that is not configured: "nobody"',
    ],
    [
      'approval by a list in one annotation',
      `@id("a") @outcome("require_approval") @approvers("security,payments-oncall") permit${scope};`,
      'a group that is not configured',
    ],
    [
      '@approvers on an allow',
      `${ALLOW} @approvers("security") permit${scope};`,
      '@approvers does not belong on a permit with @outcome("allow")',
    ],
    ['@quorum on an allow', `${ALLOW} @quorum("1") permit${scope};`, '@quorum does not belong'],
    ['@window on an allow', `${ALLOW} @window("60") permit${scope};`, '@window does not belong'],
    ['a quorum of none', `${ASK} @quorum("0") permit${scope};`, '@quorum must be a whole number from 1 to 20'],
    ['a quorum that is no number', `${ASK} @quorum("two") permit${scope};`, '@quorum must be'],
    ['a quorum with a sign', `${ASK} @quorum("+1") permit${scope};`, '@quorum must be'],
    ['a window of nothing', `${ASK} @window("0") permit${scope};`, '@window must be a whole number from 1 to 86400'],
    ['a window above a day', `${ASK} @window("86401") permit${scope};`, '@window must be'],
    [
      'a time above the limit',
      `${ALLOW} @max_ttl("3601") permit${scope};`,
      '@max_ttl must be a whole number from 1 to 3600',
    ],
    ['a time with a fraction', `${ALLOW} @max_ttl("1.5") permit${scope};`, '@max_ttl must be'],
    [
      'uses above the limit',
      `${ALLOW} @max_uses("1001") permit${scope};`,
      '@max_uses must be a whole number from 1 to 1000',
    ],
    [
      'a reason that is too long',
      `${ALLOW} @reason("${'x'.repeat(301)}") permit${scope};`,
      '@reason must have 1-300 characters',
    ],
    [
      'a reason that hides a right-to-left override',
      `${ALLOW} @reason("a\u202eb") permit${scope};`,
      '@reason must not hold',
    ],
    ['step-up by anything but a passkey', `${ASK} @step_up("sms") permit${scope};`, '@step_up must be "webauthn"'],
    ['Slack limits of another name', `${ASK} @slack("off") permit${scope};`, '@slack must be "deny_only"'],
    [
      'a gate of more people than the group has',
      `${ASK} @quorum("3") permit${scope};`,
      '@quorum 3 can never be filled: group payments-oncall has 2 people',
    ],
    [
      'a gate of a group of agents',
      `@id("a") @outcome("require_approval") @approvers("support") permit${scope};`,
      'group support has 0 people',
    ],
    [
      'a gate that needs an auditor to approve',
      `@id("a") @outcome("require_approval") @approvers("auditors") @quorum("2") permit${scope};`,
      'group auditors has 1 people',
    ],
    [
      'a scope with an unknown group',
      `@id("a") forbid(principal in Writ::Group::"suport", action, resource);`,
      'names group "suport", which is not configured',
    ],
    [
      'a condition with an unknown group',
      `@id("a") forbid${scope} unless { principal in Writ::Group::"suport" };`,
      'names group "suport"',
    ],
  ])('for %s', (_, text, rule) => {
    expect(faultsOf(text).join('\n')).toContain(rule);
  });

  it('with all faults of all files in one list, by file and line', () => {
    const result = loadPolicies(
      [
        { name: 'b.cedar', text: `// é\n\n@id("late") @max_ttl("0")\npermit${scope};` },
        { name: 'a.cedar', text: `@id("x") @flag forbid${scope};\n\npermit(principal, action` },
        { name: 'c.cedar', text: `@id("late") forbid${scope};` },
      ],
      sampleCatalog(),
    );
    expect(isRefusedSet(result) ? result.map(({ file, policy, line }) => [file, policy, line]) : []).toEqual([
      ['a.cedar', null, 3],
      ['b.cedar', 'late', 3],
      ['b.cedar', 'late', 3],
      ['c.cedar', 'late', 1],
    ]);
  });

  it('when two files have one name', () => {
    const result = loadPolicies(
      [
        { name: 'a', text: '' },
        { name: 'a', text: '' },
      ],
      sampleCatalog(),
    );
    expect(isRefusedSet(result) && result[0]?.rule).toBe('two files have this name');
  });

  it('when two resources type one argument of an action differently', () => {
    const catalog = sampleCatalog({
      resources: [
        aResource('https://a.example', [anAction('doc.read', 'low', args({ page: { type: 'integer' } }))]),
        aResource('https://b.example', [anAction('doc.read', 'low', args({ page: { type: 'string' } }))]),
      ],
    });
    expect(faultsOf('', catalog)).toEqual([
      'writ.yaml: action doc.read types argument page differently on https://a.example and https://b.example',
    ]);
  });

  it('when an argument is named like a Cedar escape', () => {
    const catalog = sampleCatalog({
      resources: [aResource(PAYMENTS, [anAction('a', 'low', args({ __entity: { type: 'string' } }))])],
    });
    expect(faultsOf('', catalog).join()).toContain('reserved');
  });
});

describe('a policy set in order', () => {
  it('keeps its policies in the order of files and lines', () => {
    const set = loaded([
      { name: 'b', text: `@id("z") forbid${scope};` },
      { name: 'a', text: `@id("m") forbid${scope};\n@id("c") forbid${scope};` },
    ]);
    expect(set.policies.map(({ id, file, line }) => `${id} ${file}:${line}`)).toEqual(['m a:1', 'c a:2', 'z b:1']);
  });

  it('fills in a quorum of one and a window of 900 seconds', () => {
    const [policy] = loaded([{ name: 'a', text: `${ASK} permit${scope};` }]).policies;
    expect(policy?.terms.gate).toEqual({ group: 'payments-oncall', quorum: 1, windowSeconds: 900 });
  });

  it('has a version that files, names and schema change but the order of reading does not', () => {
    const one = { name: '1', text: `@id("a") forbid${scope};` };
    const two = { name: '2', text: `@id("b") forbid${scope};` };
    const version = loaded([one, two]).version;
    expect(version).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(loaded([two, one]).version).toBe(version);
    expect(loaded([one, { ...two, name: '3' }]).version).not.toBe(version);
    expect(loaded([one, { ...two, text: `${two.text} ` }]).version).not.toBe(version);
    const smaller = sampleCatalog({ resources: sampleCatalog().resources.slice(0, 1) });
    expect(loaded([one, two], smaller).version).not.toBe(version);
  });

  it('has a version that words for people do not change', () => {
    const file = [{ name: '1', text: `@id("a") forbid${scope};` }];
    const plain = sampleCatalog();
    const worded = sampleCatalog({
      resources: plain.resources.map((resource) => ({
        ...resource,
        actions: resource.actions.map((action) => ({
          ...action,
          say: 'Do it',
          arguments: action.arguments === null ? null : { ...action.arguments, properties: titled(action.arguments) },
        })),
      })),
    });
    expect(loaded(file, worded).version).toBe(loaded(file, plain).version);
  });

  it('warns of a policy that can never match', () => {
    const set = loaded([{ name: 'a', text: `@id("a") forbid${scope} when { context.risk == "low" && false };` }]);
    expect(set.warnings.map(describeFault).join()).toContain('a:1 policy "a": policy is impossible');
  });

  it.each([
    [
      'an agent',
      `forbid(principal == Writ::Agent::"ghost", action, resource) unless { principal == Writ::Agent::"ghost" };`,
      'names agent "ghost", which is not configured',
    ],
    [
      'a resource',
      `forbid(principal, action, resource == Writ::Resource::"https://payment.example");`,
      'names resource "https://payment.example", which is not configured',
    ],
  ])('warns of a policy that names %s which is not configured, or no longer', (_, policy, rule) => {
    const set = loaded([{ name: 'a', text: `@id("a") ${policy}` }]);
    expect(set.warnings.map(describeFault).filter((line) => line.includes('names'))).toEqual([
      `a:1 policy "a": ${rule}`,
    ]);
  });

  it('merges an action that two resources offer: what one of them lacks must be tested with has', () => {
    const catalog = sampleCatalog({
      resources: [
        aResource('https://a.example', [anAction('doc.read', 'low', args({ page: { type: 'integer' } }))]),
        aResource('https://b.example', [anAction('doc.read', 'high')]),
      ],
    });
    const policy = (condition: string): string =>
      `@id("a") forbid(principal, action == Writ::Action::"doc.read", resource) when { ${condition} };`;
    expect(faultsOf(policy('context.arguments.page > 1'), catalog)).toHaveLength(1);
    expect(faultsOf(policy('context.arguments has page && context.arguments.page > 1'), catalog)).toEqual([]);
  });
});

function titled({ properties }: ArgumentsSchema): ArgumentsSchema['properties'] {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, { ...schema, title: 'Words' }]));
}
