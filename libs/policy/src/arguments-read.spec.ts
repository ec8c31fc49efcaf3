import { describe, expect, it } from '@jest/globals';
import { engineOf } from './testing/builders.js';

const READ = 'principal, action == Writ::Action::"payment.read", resource';
const REFUND = 'principal, action == Writ::Action::"refund.create", resource';

describe('the arguments that policies read', () => {
  const engine = engineOf(`
    @id("a") @outcome("allow") permit(${REFUND}) when { context.arguments has amount && context.arguments.amount < 9 };
    @id("b") @outcome("allow") permit(${READ}) when { context.risk == "low" };
    @id("c") forbid(principal, action == Writ::Action::"refund.create", resource)
      unless { context.arguments.order like "8*" };`);

  it('are those that any policy in scope of the action compares or looks for', () => {
    expect([...engine.argumentsRead('refund.create')].sort()).toEqual(['amount', 'order']);
    expect([...engine.argumentsRead('payment.read')]).toEqual([]);
    expect([...engine.argumentsRead('unknown')]).toEqual([]);
  });
});
