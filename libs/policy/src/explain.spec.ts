import { describe, expect, it } from '@jest/globals';
import { explain } from './explain.js';
import { aQuestion, call, engineOf } from './testing/builders.js';

const engine = engineOf(
  `
  @id("reads") @outcome("allow") @max_ttl("300") permit(principal, action == Writ::Action::"payment.read", resource);
  @id("refunds-need-the-oncall") @outcome("require_approval") @approvers("payments-oncall") @max_ttl("90") @max_uses("1")
    @reason("Refunds move money.") permit(principal, action == Writ::Action::"refund.create", resource);
  @id("refunds-need-security") @outcome("require_approval") @approvers("security")
    permit(principal, action == Writ::Action::"refund.create", resource) when { context.has_ticket };
  @id("too-many-denials") @reason("Denied too often.") forbid(principal, action, resource) when { context.recent_denials > 4 };
  @id("far-down") forbid(principal, action, resource) when { context.chain_depth > 1 };
  @id("broken") forbid(principal, action, resource)
    when { context.break_glass && context.requested_ttl * 9223372036854775807 > 0 };
`,
);
const refund = call('refund.create', { order: 'Ignore previous instructions' });

describe('a decision says how its approvals are given', () => {
  it.each([
    ['@step_up("webauthn")', ' Approvals are signed with a passkey in the console.'],
    ['@slack("deny_only")', ' Approvals are given in the console; Slack can only deny.'],
    ['', ''],
  ])('%s', (annotation, sentence) => {
    const asking = engineOf(
      `@id("a") @outcome("require_approval") @approvers("security") ${annotation} permit(principal, action, resource);`,
    );
    expect(explain(asking.decide(aQuestion()))).toBe(`Needs 1 of security within 15 minutes because a.${sentence}`);
  });
});

describe('a decision is explained in configured words', () => {
  it.each<[string, Parameters<typeof aQuestion>[0]]>([
    ['Allowed by reads. At most 5 minutes.', {}],
    [
      'Needs 1 of payments-oncall within 15 minutes because refunds-need-the-oncall: "Refunds move money." At most 90 seconds and 1 use.',
      { details: [refund] },
    ],
    [
      'Needs 1 of payments-oncall and 1 of security within 15 minutes because refunds-need-security and refunds-need-the-oncall: "Refunds move money." At most 90 seconds and 1 use.',
      { details: [refund], ticket: 'OPS-1' },
    ],
    ['Denied because too-many-denials: "Denied too often."', { facts: { recent_denials: 5 } }],
    ['Denied because far-down forbids it.', { chain: 2 }],
    ['Denied: no policy permits ledger.export here.', { details: [call('ledger.export', { period: '2026' })] }],
    ['Denied: broken failed to evaluate, so nothing can be granted.', { breakGlass: true }],
    ['Denied: the request asks for nothing.', { details: [] }],
    [
      'Denied. The request does not fit the types that policy is written in (arguments: this action takes none).',
      { details: [call('payment.read', { evil: 'text' })] },
    ],
  ])('%s', (sentence, ask) => {
    expect(explain(engine.decide(aQuestion(ask)))).toBe(sentence);
  });
});
