import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PolicyDecision } from '#domain/policy-decision.js';
import { isRefusedSet } from './load.js';
import { PolicyEngine } from './engine.js';
import { aQuestion, call, DEPLOYS, engineOf, PAYMENTS, sampleCatalog, type Ask } from './testing/builders.js';

const catalog = sampleCatalog();
const entity = (type: string, ids: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...ids.map((id) => `Writ::${type}::"${id}"`));
const agents = entity('Agent', ['support-bot', 'deploy-bot']);
const groups = entity('Group', ['support', 'delivery', 'security']);
const resources = entity('Resource', [PAYMENTS, DEPLOYS]);
const actions = entity('Action', ['payment.read', 'refund.create', 'deploy.read', 'deploy.preview']);

const principalScope = fc.oneof(
  fc.constantFrom('principal', 'principal is Writ::Agent'),
  agents.map((agent) => `principal == ${agent}`),
  fc.oneof(agents, groups).map((parent) => `principal in ${parent}`),
  groups.map((group) => `principal is Writ::Agent in ${group}`),
);
const actionScope = fc.oneof(
  fc.constant('action'),
  actions.map((action) => `action == ${action}`),
  actions.map((action) => `action in ${action}`),
  fc.array(actions, { minLength: 1, maxLength: 3 }).map((several) => `action in [${several.join(', ')}]`),
);
const resourceScope = fc.oneof(
  fc.constantFrom('resource', 'resource is Writ::Resource'),
  resources.map((resource) => `resource == ${resource}`),
  resources.map((resource) => `resource in ${resource}`),
  resources.map((resource) => `resource is Writ::Resource in ${resource}`),
);
const condition = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'when { context.risk == "low" }',
      'when { context.has_ticket }',
      'unless { context.recent_denials < 2 }',
      'when { context has max_uses && context.max_uses > 1 }',
      'when { principal in Writ::Group::"support" }',
      'unless { resource == Writ::Resource::"https://payments.example" }',
      'when { action == Writ::Action::"payment.read" || context.break_glass }',
      'when { resource has classification && resource.classification == "internal" }',
    ),
  },
  { weight: 1, arbitrary: fc.constant('when { context.requested_ttl * 9223372036854775807 > 0 }') },
);
const head = fc.oneof(
  { weight: 1, arbitrary: fc.constant('@reason("No.") forbid') },
  { weight: 2, arbitrary: fc.constantFrom('@outcome("allow") permit', '@outcome("allow") @max_ttl("60") permit') },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('security', 'payments-oncall'), fc.integer({ min: 1, max: 2 }))
      .map(([group, quorum]) => `@outcome("require_approval") @approvers("${group}") @quorum("${quorum}") permit`),
  },
);
const policySet = fc
  .array(fc.tuple(head, principalScope, actionScope, resourceScope, condition), { minLength: 1, maxLength: 10 })
  .map((policies) =>
    policies
      .map(
        ([start, principal, action, resource, clause], index) =>
          `@id("p${index}") ${start} (${principal}, ${action}, ${resource}) ${clause};`,
      )
      .join('\n'),
  );

const toPayments = fc.subarray([call('payment.read'), call('refund.create', { order: '1' })], { minLength: 1 });
const toDeploys = fc.subarray([call('deploy.read'), call('deploy.preview', { service: 'web' })], { minLength: 1 });
const ask: fc.Arbitrary<Ask> = fc
  .tuple(
    fc.constantFrom('support-bot' as const, 'deploy-bot' as const),
    fc.oneof(
      toPayments.map((details) => ({ resource: PAYMENTS, details })),
      toDeploys.map((details) => ({ resource: DEPLOYS, details })),
    ),
    fc.record({ breakGlass: fc.boolean(), facts: fc.record({ recent_denials: fc.integer({ min: 0, max: 3 }) }) }),
    fc.constantFrom({}, { ticket: 'OPS-1' }, { uses: 2 }),
  )
  .map(([agent, target, facts, more]) => ({ agent, ...target, ...facts, ...more }));

/** What a decision says, without the lists of policies that did not match, which a slice shortens. */
function said(decision: PolicyDecision): unknown {
  return { ...decision, pairs: decision.pairs.map((pair) => ({ ...pair, unsatisfied: [] })) };
}

describe('a slice', () => {
  it('decides as the full set does, for any policies and any request', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(policySet, fc.array(ask, { minLength: 1, maxLength: 4 }), (text, asks) => {
        const engine = PolicyEngine.create([{ name: 'p', text }], catalog);
        if (isRefusedSet(engine)) return fc.pre(false);
        for (const each of asks) {
          const question = aQuestion(each);
          const decision = engine.decide(question);
          outcomes.add(decision.denialCode ?? decision.outcome);
          expect(said(decision)).toEqual(said(engine.decideFull(question)));
        }
      }),
      { numRuns: 250 },
    );
    expect([...outcomes].sort()).toEqual([
      'allow',
      'no_matching_policy',
      'policy_denied',
      'policy_error',
      'require_approval',
    ]);
  });

  it('leaves out what is out of scope and keeps every forbid without a scope', () => {
    const engine = engineOf(`
      @id("mine") @outcome("allow") permit(principal in Writ::Group::"support", action == Writ::Action::"payment.read", resource);
      @id("theirs") @outcome("allow") permit(principal in Writ::Group::"delivery", action, resource);
      @id("other-action") @outcome("allow") permit(principal, action == Writ::Action::"refund.create", resource);
      @id("other-resource") forbid(principal, action, resource == Writ::Resource::"${DEPLOYS}");
      @id("everywhere") forbid(principal, action, resource) when { context.recent_denials > 4 };`);
    const [pair] = engine.decide(aQuestion()).pairs;
    expect([...(pair?.satisfied.map((voice) => voice.policy) ?? []), ...(pair?.unsatisfied ?? [])]).toEqual([
      'mine',
      'everywhere',
    ]);
  });
});
