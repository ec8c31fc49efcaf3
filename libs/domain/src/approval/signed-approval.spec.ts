import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  approveIn,
  decisionChallenge,
  demandsSignature,
  statesDecision,
  type DecisionStatement,
  type SignedApproval,
} from './signed-approval.js';

const ESCALATION = 'esc_01KAMZ0000000000000000000A';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const STATEMENT: DecisionStatement = {
  v: 1,
  escalation: ESCALATION,
  digest: DIGEST,
  verdict: 'approve',
  limits: { ttl: 60 },
  person: 'bob',
  nonce: 'N'.repeat(43),
};
/** The RFC 8785 form, written out by hand. */
const WRITTEN = `{"digest":"${DIGEST}","escalation":"${ESCALATION}","limits":{"ttl":60},"nonce":"${'N'.repeat(43)}","person":"bob","v":1,"verdict":"approve"}`;

describe('the challenge of a decision', () => {
  it('is SHA-256 over its canonical form, base64url: a fixed vector', () => {
    expect(decisionChallenge(STATEMENT)).toBe('YKZ5FZ76Y1DtMV9d_JDjrSqeK8P9dxx2bLH6f94BdpE');
    expect(decisionChallenge(STATEMENT)).toBe(createHash('sha256').update(WRITTEN).digest('base64url'));
    expect(decisionChallenge({ ...STATEMENT, limits: null })).toBe('5KrHHL25r-i1mL8Wo03WDCLX9JfX54lOcnTgqLi2hGQ');
  });

  it('does not depend on the order of members', () => {
    const turned = Object.fromEntries(Object.entries(STATEMENT).reverse()) as unknown as DecisionStatement;
    expect(decisionChallenge(turned)).toBe(decisionChallenge(STATEMENT));
  });

  it.each<[keyof DecisionStatement, unknown]>([
    ['escalation', 'esc_01KAMZ0000000000000000000B'],
    ['digest', `sha256:${'b'.repeat(64)}`],
    ['verdict', 'deny'],
    ['limits', { ttl: 61 }],
    ['limits', { max_uses: 60 }],
    ['person', 'carol'],
    ['nonce', 'M'.repeat(43)],
    ['v', 2],
  ])('is another one for another %s', (member, value) => {
    expect(decisionChallenge({ ...STATEMENT, [member]: value })).not.toBe(decisionChallenge(STATEMENT));
  });
});

describe('a signed statement states a decision', () => {
  const signed = (statement: object): SignedApproval => ({
    statement: statement as DecisionStatement,
    credential_id: 'c',
    public_key: {},
    authenticator_data: '',
    client_data_json: '',
    signature: '',
  });
  const decision = { person: 'bob', verdict: 'approve', digest: DIGEST, limits: { ttl: 60 } } as const;

  it('when it says all of it, whatever its nonce', () => {
    expect(statesDecision(signed(STATEMENT), ESCALATION, decision)).toBe(true);
    expect(statesDecision(signed({ ...STATEMENT, nonce: 'x' }), ESCALATION, decision)).toBe(true);
  });

  it.each<[string, object]>([
    ['another person', { person: 'carol' }],
    ['another digest', { digest: 'sha256:0' }],
    ['another verdict', { verdict: 'deny' }],
    ['wider limits', { limits: { ttl: 600 } }],
    ['no limits', { limits: null }],
  ])('not that of %s', (_what, change) => {
    expect(statesDecision(signed(STATEMENT), ESCALATION, { ...decision, ...change })).toBe(false);
  });

  it('not on another escalation, nor with a member more or another version', () => {
    expect(statesDecision(signed(STATEMENT), 'esc_01KAMZ0000000000000000000B', decision)).toBe(false);
    expect(statesDecision(signed({ ...STATEMENT, and: 'more' }), ESCALATION, decision)).toBe(false);
    expect(statesDecision(signed({ ...STATEMENT, v: 2 }), ESCALATION, decision)).toBe(false);
  });
});

describe('policy says where people approve', () => {
  it.each([
    ['in Slack as in the console', {}, 'slack', false],
    ['in Slack as in the console', { stepUp: null, slack: null }, 'slack', false],
    ['in the console', { stepUp: null, slack: 'deny_only' }, 'console', false],
    ['in the console with a passkey', { stepUp: 'webauthn', slack: 'deny_only' }, 'console_passkey', true],
    ['in the console with a passkey, were the rest forgotten', { stepUp: 'webauthn' }, 'console_passkey', true],
  ] as const)('%s: %j', (_where, policy, where, signed) => {
    expect(approveIn(policy)).toBe(where);
    expect(demandsSignature(policy)).toBe(signed);
  });
});
