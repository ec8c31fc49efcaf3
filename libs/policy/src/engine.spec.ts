import { describe, expect, it } from '@jest/globals';
import type { Json } from '#domain/json.js';
import { PolicyEngine } from './engine.js';
import { largestAllowed } from './combine.js';
import { isRefusedSet } from './load.js';
import { aQuestion, call, engineOf, PAYMENTS, sampleCatalog, SUNDAY_NIGHT } from './testing/builders.js';

const READ = 'principal, action == Writ::Action::"payment.read", resource';
const REFUND = 'principal, action == Writ::Action::"refund.create", resource';
const refund = call('refund.create', { order: '8812', amount: 4000 });

describe('the outcome', () => {
  it('is deny when no policy permits', () => {
    const decision = engineOf('').decide(aQuestion());
    expect(decision).toMatchObject({ outcome: 'deny', denialCode: 'no_matching_policy', determining: [] });
  });

  it('is deny when the request asks for nothing', () => {
    const engine = engineOf('@id("a") @outcome("allow") permit(principal, action, resource);');
    expect(engine.decide(aQuestion({ details: [] })).outcome).toBe('deny');
  });

  it('is allow when every pair is allowed', () => {
    const engine = engineOf('@id("a") @outcome("allow") permit(principal, action, resource);');
    const decision = engine.decide(aQuestion({ details: [call('payment.read'), refund] }));
    expect(decision).toMatchObject({ outcome: 'allow', determining: ['a'], gates: [], denialCode: null });
    expect(decision.pairs.map(({ element, action, outcome }) => [element, action, outcome])).toEqual([
      [0, 'payment.read', 'allow'],
      [1, 'refund.create', 'allow'],
    ]);
  });

  it('is deny for the whole request when one pair of it is permitted by nobody', () => {
    const engine = engineOf(`@id("a") @outcome("allow") permit(${READ});`);
    const decision = engine.decide(aQuestion({ details: [call('payment.read'), refund] }));
    expect(decision).toMatchObject({ outcome: 'deny', denialCode: 'no_matching_policy' });
    expect(decision.pairs.map((pair) => pair.outcome)).toEqual(['allow', 'deny']);
  });

  it('is deny for the whole request when one pair of it is forbidden, whatever permits it', () => {
    const engine = engineOf(`
      @id("a") @outcome("allow") permit(principal, action, resource);
      @id("no-refunds") @reason("Not today.") forbid(${REFUND});`);
    const decision = engine.decide(aQuestion({ details: [call('payment.read'), refund] }));
    expect(decision).toMatchObject({
      outcome: 'deny',
      denialCode: 'policy_denied',
      determining: ['no-refunds'],
      reasons: ['Not today.'],
    });
    expect(largestAllowed(decision)).toBeNull();
  });

  it('is left to people when one pair of it needs them', () => {
    const engine = engineOf(`
      @id("a") @outcome("allow") permit(${READ});
      @id("b") @outcome("require_approval") @approvers("security") permit(${REFUND});`);
    const decision = engine.decide(aQuestion({ details: [call('payment.read'), refund] }));
    expect(decision).toMatchObject({ outcome: 'require_approval', determining: ['b'] });
    expect(decision.gates).toEqual([{ group: 'security', quorum: 1 }]);
  });

  it('is left to people when one pair is both allowed and in need of approval', () => {
    const engine = engineOf(`
      @id("a") @outcome("allow") permit(${READ});
      @id("b") @outcome("require_approval") @approvers("security") permit(${READ});`);
    expect(engine.decide(aQuestion())).toMatchObject({ outcome: 'require_approval', determining: ['b'] });
  });

  it('is deny for an action the resource does not offer', () => {
    const engine = engineOf('@id("a") @outcome("allow") permit(principal, action, resource);');
    expect(engine.decide(aQuestion({ details: [call('deploy.read')] })).denialCode).toBe('policy_error');
    expect(engine.decide(aQuestion({ resource: 'https://other.example' })).denialCode).toBe('policy_error');
  });
});

describe('of several terms the strictest wins', () => {
  const engine = engineOf(`
    @id("a") @outcome("require_approval") @approvers("security") @window("600") @max_ttl("200") @reason("One.")
      permit(${REFUND});
    @id("b") @outcome("require_approval") @approvers("security") @quorum("2") @max_ttl("250") @max_uses("9") @reason("Two.")
      permit(${REFUND});
    @id("c") @outcome("require_approval") @approvers("payments-oncall") @window("1200") @reason("One.")
      permit(${REFUND});
    @id("d") @outcome("allow") @max_ttl("120") @max_uses("3") permit(${READ});`);
  const decision = engine.decide(aQuestion({ details: [refund, call('payment.read')] }));

  it('groups add up and the same group takes the larger quorum', () => {
    expect(decision.gates).toEqual([
      { group: 'payments-oncall', quorum: 1 },
      { group: 'security', quorum: 2 },
    ]);
  });

  it('people have the shortest window, where no @window says 900 seconds', () => {
    expect(decision.windowSeconds).toBe(600);
    const defaulted = engineOf(`
      @id("a") @outcome("require_approval") @approvers("security") @window("1200") permit(${READ});
      @id("b") @outcome("require_approval") @approvers("security") permit(${READ});`);
    expect(defaulted.decide(aQuestion()).windowSeconds).toBe(900);
  });

  it('time and uses take the smallest cap of all pairs, those of an allow included', () => {
    expect(largestAllowed(decision)).toEqual({ ttl: 120, max_uses: 3 });
  });

  it('reasons are said once each', () => {
    expect(decision.reasons).toEqual(['One.', 'Two.']);
  });
});

describe('a failure to evaluate', () => {
  const overflow = 'context.requested_ttl * 9223372036854775807 > 0';

  it('denies the whole request, even when it is a forbid that failed', () => {
    const engine = engineOf(`
      @id("a") @outcome("allow") permit(principal, action, resource);
      @id("broken") forbid(${REFUND}) when { ${overflow} };`);
    expect(engine.decide(aQuestion()).outcome).toBe('allow');
    const decision = engine.decide(aQuestion({ details: [call('payment.read'), refund] }));
    expect(decision).toMatchObject({ outcome: 'deny', denialCode: 'policy_error', determining: ['broken'] });
    expect(decision.pairs[1]).toMatchObject({ outcome: 'deny', failed: ['broken'] });
  });

  it('is told before a forbid that matched', () => {
    const engine = engineOf(`
      @id("no") forbid(${READ});
      @id("broken") @outcome("allow") permit(${READ}) when { ${overflow} };`);
    expect(engine.decide(aQuestion())).toMatchObject({ denialCode: 'policy_error', determining: ['broken'] });
  });
});

describe('hostile arguments', () => {
  const engine = engineOf(`
    @id("a") @outcome("allow") permit(${REFUND});
    @id("no-drops") forbid(${REFUND}) when { context.arguments.order == "forbidden" };`);

  it('never become an entity', () => {
    const escapes: readonly Json[] = [
      { __entity: { type: 'Writ::Agent', id: 'deploy-bot' } },
      { __extn: { fn: 'decimal', arg: '1.0' } },
      { __expr: '"allowed"' },
    ];
    for (const order of escapes) {
      const decision = engine.decide(aQuestion({ details: [call('refund.create', { order })] }));
      expect(decision).toMatchObject({ outcome: 'deny', denialCode: 'policy_error', determining: [] });
    }
  });

  it('never escape a forbid by being left out', () => {
    const decision = engine.decide(aQuestion({ details: [call('refund.create')] }));
    expect(decision).toMatchObject({ outcome: 'deny', denialCode: 'policy_error' });
    expect(decision.reasons.join()).toContain('left out');
  });

  it('are read as text and nothing else when they look like policy', () => {
    const order = '"} ; permit(principal, action, resource); //';
    expect(engine.decide(aQuestion({ details: [call('refund.create', { order })] })).outcome).toBe('allow');
  });
});

describe('the record', () => {
  it('lists what matched and what was in scope but did not', () => {
    const engine = engineOf(`
      @id("a") @outcome("allow") @reason("Fine.") permit(${READ});
      @id("b") @outcome("allow") permit(${READ}) when { context.has_ticket };
      @id("elsewhere") @outcome("allow") permit(${REFUND});
      @id("night") forbid(principal, action, resource) when { context.hour_utc < 6 };`);
    expect(engine.decide(aQuestion()).pairs[0]).toMatchObject({
      satisfied: [{ policy: 'a', effect: 'permit', outcome: 'allow', reason: 'Fine.' }],
      unsatisfied: ['b', 'night'],
      failed: [],
    });
  });

  it('does not call a permit unsatisfied when a forbid decided before it was asked', () => {
    const engine = engineOf(`
      @id("a") @outcome("allow") permit(${READ});
      @id("no") forbid(${READ});
      @id("night") forbid(${READ}) when { context.hour_utc < 6 };`);
    expect(engine.decide(aQuestion()).pairs[0]).toMatchObject({ unsatisfied: ['night'] });
  });

  it('holds the facts used, counts by the actions asked', () => {
    const engine = engineOf('');
    const facts = {
      recent_denials: 1,
      open_grants: 2,
      pending_asks: 4,
      granted_last_hour: { 'payment.read': 3, other: 9 },
    };
    const decision = engine.decide(aQuestion({ now: SUNDAY_NIGHT, ticket: 'OPS-1', uses: 2, chain: 1, facts }));
    expect(decision.facts).toEqual({
      groups: ['support'],
      environment: 'prod',
      classification: 'restricted',
      risk: { 'payment.read': 'low' },
      max_token_ttl: 300,
      heartbeat: { 'payment.read': null },
      requested_ttl: 300,
      max_uses: 2,
      break_glass: false,
      chain_depth: 1,
      hour_utc: 23,
      weekday: 7,
      has_ticket: true,
      recent_denials: 1,
      open_grants: 2,
      pending_asks: 4,
      granted_last_hour: { 'payment.read': 3 },
      granted_last_day: { 'payment.read': 0 },
    });
    expect(decision.version).toBe(engine.version);
  });
});

describe('policies can read', () => {
  it.each<[string, Parameters<typeof aQuestion>[0]]>([
    ['context.risk == "low"', {}],
    ['context.arguments == {}', {}],
    ['!(context has identifier)', {}],
    [
      'context has identifier && context.identifier like "order/*"',
      { details: [{ ...call('payment.read'), identifier: 'order/1' }] },
    ],
    ['context.requested_ttl <= 60', { ttl: 60 }],
    ['!(context has max_uses)', {}],
    ['context has max_uses && context.max_uses == 1', { uses: 1 }],
    ['context.break_glass', { breakGlass: true }],
    ['context.chain_depth == 2', { chain: 2 }],
    ['context.hour_utc == 10 && context.weekday == 3', {}],
    ['context.has_ticket', { ticket: 'OPS-1' }],
    ['context.recent_denials == 4', { facts: { recent_denials: 4 } }],
    ['context.open_grants == 4', { facts: { open_grants: 4 } }],
    ['context.granted_last_hour == 4', { facts: { granted_last_hour: { 'payment.read': 4 } } }],
    ['context.granted_last_day == 4', { facts: { granted_last_day: { 'payment.read': 4 } } }],
    ['principal in Writ::Group::"support"', {}],
    ['resource has environment && resource.environment == "prod"', {}],
    ['resource has classification && resource.classification == "restricted"', {}],
    [
      'context.arguments.tags.contains("vip")',
      { details: [call('refund.create', { order: '1', tags: ['vip', 'vip'] })] },
    ],
  ])('%s', (condition, ask) => {
    const action = ask?.details?.[0]?.actions[0] ?? 'payment.read';
    const guard = condition.includes('tags') ? 'context.arguments has tags && ' : '';
    const engine = engineOf(
      `@id("a") @outcome("allow") permit(principal, action == Writ::Action::"${action}", resource) when { ${guard}${condition} };`,
    );
    expect(engine.decide(aQuestion(ask)).outcome).toBe('allow');
  });
});

describe('engines side by side', () => {
  it('decide by their own sets, however many were made', () => {
    const open = engineOf(`@id("a") @outcome("allow") permit(${READ});`);
    for (let other = 0; other < 300; other += 1) {
      expect(engineOf(`@id("a") forbid(${READ}) when { ${other} > -1 };`).decide(aQuestion()).outcome).toBe('deny');
    }
    expect(open.decide(aQuestion()).outcome).toBe('allow');
  });

  it('run on when a new set is refused', () => {
    const running = engineOf(`@id("a") @outcome("allow") permit(${READ});`);
    expect(isRefusedSet(PolicyEngine.create([{ name: 'bad', text: 'permit(' }], sampleCatalog()))).toBe(true);
    expect(running.decide(aQuestion()).outcome).toBe('allow');
  });
});

describe('what could be permitted', () => {
  it('is what some permit names, whatever its conditions say and whatever a forbid says', () => {
    const { agent } = aQuestion();
    const engine = engineOf(`
      @id("a") @outcome("allow") permit(${READ}) when { false };
      @id("b") forbid(${REFUND});`);
    expect(engine.couldPermit(agent, PAYMENTS, 'payment.read')).toBe(true);
    expect(engine.couldPermit(agent, PAYMENTS, 'refund.create')).toBe(false);
    expect(engine.couldPermit({ id: agent.id, groups: [] }, PAYMENTS, 'ledger.export')).toBe(false);
  });
});

describe('an empty ask', () => {
  const { agent, facts, nowMs } = aQuestion();
  const engine = engineOf(`
    @id("a") @outcome("allow") permit(${READ});
    @id("b") @outcome("require_approval") @approvers("security") permit(${REFUND}) when { context.arguments.order == "" };`);

  it.each([
    ['payment.read', 'allow'],
    ['refund.create', 'require_approval'],
    ['ledger.export', 'deny'],
    ['nope', 'deny'],
  ])('for %s meets %s', (action, outcome) => {
    expect(engine.decideEmptyAsk(agent, PAYMENTS, action, facts, nowMs).outcome).toBe(outcome);
  });
});
