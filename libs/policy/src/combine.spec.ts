import { describe, expect, it } from '@jest/globals';
import { aQuestion, call, engineOf } from './testing/builders.js';

const READ = 'principal, action == Writ::Action::"payment.read", resource';
const REFUND = 'principal, action == Writ::Action::"refund.create", resource';
const refund = call('refund.create', { order: '8812', amount: 4000 });

describe('how approvals are given', () => {
  it.each([
    ['', '', null, null],
    ['@step_up("webauthn")', '', 'webauthn', 'deny_only'],
    ['', '@slack("deny_only")', null, 'deny_only'],
    ['@slack("deny_only")', '@step_up("webauthn")', 'webauthn', 'deny_only'],
  ])('step-up and “deny only” of one policy (%s %s) hold for all', (one, other, stepUp, slack) => {
    const asking = engineOf(`
      @id("a") @outcome("require_approval") @approvers("security") ${one} permit(${REFUND});
      @id("b") @outcome("require_approval") @approvers("payments-oncall") ${other} permit(${READ});`);
    expect(asking.decide(aQuestion({ details: [refund, call('payment.read')] }))).toMatchObject({ stepUp, slack });
  });

  it('a policy that did not match demands no step-up, and a denial none', () => {
    const text = `
      @id("a") @outcome("require_approval") @approvers("security") @step_up("webauthn") permit(${REFUND})
        when { context.has_ticket };
      @id("b") @outcome("require_approval") @approvers("security") permit(${REFUND});`;
    const ask = { details: [refund] };
    expect(engineOf(text).decide(aQuestion(ask))).toMatchObject({ determining: ['b'], stepUp: null, slack: null });
    const forbidden = engineOf(`${text} @id("c") forbid(principal, action, resource);`);
    expect(forbidden.decide(aQuestion({ ...ask, ticket: 'OPS-1' }))).toMatchObject({
      outcome: 'deny',
      stepUp: null,
      slack: null,
    });
  });
});
