import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ToolCall } from '#domain/authority/authorization-details.js';
import { sha256Of } from '#domain/authority/digest.js';
import { validateClaims } from './claim-rules.js';
import { buildClaims, clampTimes, tokenBytes, type AccessTokenClaims, type ClaimsInput } from './claims.js';
import { fitsInToken, mintAccessToken } from './mint.js';
import { signAccessToken } from './sign.js';

const ulid = '01KAMZ0000000000000000000A';
const digest = `sha256:${'a'.repeat(64)}`;
const refund: ToolCall = {
  type: 'tool_call',
  actions: ['refund.create', 'payment.read'],
  identifier: 'order/8812',
  arguments: { order: '8812', amount: 4000 },
};

function inputOf(details: readonly ToolCall[], change: Partial<ClaimsInput> = {}): ClaimsInput {
  return {
    issuer: 'https://writ.example',
    resource: 'https://payments.example',
    agentId: 'support-bot',
    escalationId: `esc_${ulid}`,
    grantId: `grt_${ulid}`,
    jti: `tok_${ulid}`,
    digest,
    grantDigest: digest,
    granted: { authorization_details: details, ttl: 300, max_uses: 1 },
    iat: 1_000,
    exp: 1_300,
    ...change,
  };
}

const elementWithArguments = (bytes: number): ToolCall => ({
  type: 'tool_call',
  actions: ['note.write'],
  arguments: { text: 'x'.repeat(bytes - '{"text":""}'.length) },
});

describe('claims', () => {
  it('are exactly those of the contract', () => {
    expect(buildClaims(inputOf([refund]))).toEqual({
      iss: 'https://writ.example',
      aud: 'https://payments.example',
      sub: 'agent:support-bot',
      client_id: 'support-bot',
      iat: 1_000,
      exp: 1_300,
      jti: `tok_${ulid}`,
      scope: 'payment.read refund.create',
      authorization_details: [refund],
      txn: `esc_${ulid}`,
      grant_id: `grt_${ulid}`,
      digest,
      grant_digest: digest,
      max_uses: 1,
    });
  });

  it('say nothing of uses that are unlimited, nor of a chain that is empty', () => {
    const granted = { authorization_details: [refund], ttl: 300, max_uses: null };
    const claims = buildClaims(inputOf([], { granted, chain: [] }));
    expect(claims).not.toHaveProperty('max_uses');
    expect(claims).not.toHaveProperty('act');
  });

  it('nest the chain, nearest outermost', () => {
    const chain = [
      { iss: 'https://a.example', sub: 'planner' },
      { iss: 'https://b.example', sub: 'alice' },
    ];
    expect(buildClaims(inputOf([refund], { chain })).act).toEqual({
      ...chain[0],
      act: chain[1],
    });
  });

  it('carry arguments of 1 KiB whole, and of one byte more as their digest', () => {
    const [at, above] = [elementWithArguments(1_024), elementWithArguments(1_025)];
    expect(buildClaims(inputOf([at])).authorization_details).toEqual([at]);
    expect(buildClaims(inputOf([above])).authorization_details).toEqual([
      { type: 'tool_call', actions: ['note.write'], arguments_digest: sha256Of(above.arguments) },
    ]);
  });

  it('count the bytes of arguments, not their characters', () => {
    const element: ToolCall = { type: 'tool_call', actions: ['note.write'], arguments: { text: 'é'.repeat(600) } };
    expect(buildClaims(inputOf([element])).authorization_details[0]).toHaveProperty('arguments_digest');
  });

  it('give up the largest arguments first when the token would pass 6 KiB, and no more than needed', () => {
    const details = [elementWithArguments(1_000), ...Array.from({ length: 5 }, () => elementWithArguments(700))];
    const claims = buildClaims(inputOf(details));
    expect(claims.authorization_details.map((element) => 'arguments_digest' in element)).toEqual([
      true,
      ...Array.from({ length: 5 }, () => false),
    ]);
    expect(validateClaims(claims)).toEqual([]);
  });

  it('measure the token that is signed to the byte', () => {
    for (const alg of ['ES256', 'RS256'] as const) {
      const { privateKey } =
        alg === 'ES256'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('rsa', { modulusLength: 2048 });
      for (const agentId of ['a', 'ab', 'abc', 'abcd']) {
        const claims = buildClaims(inputOf([refund], { agentId }), alg);
        expect(tokenBytes(claims, alg)).toBe(signAccessToken(claims, { alg, kid: 'k'.repeat(43), privateKey }).length);
      }
    }
  });
});

describe('rules of claims', () => {
  const good = buildClaims(inputOf([refund]));
  const broken: [string, Partial<AccessTokenClaims> & Record<string, unknown>][] = [
    ['issuer is an origin', { iss: 'https://writ.example/' }],
    ['audience is one resource', { aud: 'payments' }],
    ['audience is one resource', { aud: 'https://payments.example/#a' }],
    ['audience is one resource', { aud: 'https://user@payments.example' }],
    ['subject names the client', { sub: 'support-bot' }],
    ['subject names the client', { sub: 'user:support-bot' }],
    ['times are seconds in order', { iat: 1_000.5 }],
    ['times are seconds in order', { exp: 1_000 }],
    ['times are seconds in order', { exp: Number.NaN }],
    ['life is at most what can be asked', { exp: 1_000 + 3_601 }],
    ['ids have their form', { jti: `grt_${ulid}` }],
    ['digests are SHA-256', { digest: 'a'.repeat(64) }],
    ['something is granted', { authorization_details: [], scope: '' }],
    ['elements are tool calls', { authorization_details: [{ ...refund, arguments_digest: digest }] }],
    ['elements are tool calls', { authorization_details: [{ ...refund, identifier: 'a b' }] }],
    ['scope is the granted actions', { scope: 'payment.read refund.create admin' }],
    ['uses are counted', { max_uses: 0 }],
    ['nothing else is said', { approved_by: 'bob' }],
  ];

  it('hold for what is built', () => {
    expect(validateClaims(good)).toEqual([]);
  });

  it.each(broken)('%s', (rule, change) => {
    expect(validateClaims({ ...good, ...change })).toContain(rule);
  });

  it('hold the chain to five links', () => {
    const links = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ iss: 'https://a.example', sub: `s${i}` }));
    expect(validateClaims(buildClaims(inputOf([refund], { chain: links(5) })))).toEqual([]);
    expect(validateClaims(buildClaims(inputOf([refund], { chain: links(6) })))).toEqual(['chain is short']);
  });
});

describe('the times of a token', () => {
  const built = buildClaims(inputOf([refund], { exp: 1_300 }));
  it.each([
    ['the grant ends first', { grantExpiresAt: 1_100, maxTokenTtl: 200 }, 1_100],
    ['the resource’s longest life ends first', { grantExpiresAt: 1_250, maxTokenTtl: 60 }, 1_060],
    ['neither cuts', { grantExpiresAt: 9_999, maxTokenTtl: 3_600 }, 1_300],
    ['the grant has all but ended', { grantExpiresAt: 1_000, maxTokenTtl: 60 }, 1_001],
    ['the grant ends within a second', { grantExpiresAt: 1_100.9, maxTokenTtl: 200 }, 1_100],
  ])('when %s', (_, bounds, exp) => {
    expect(clampTimes(built, bounds)).toEqual({ ...built, exp });
  });
});

describe('minting', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { alg: 'ES256', kid: 'k'.repeat(43), privateKey } as const;
  const bounds = { grantExpiresAt: 1_300, maxTokenTtl: 300 };

  it('signs nothing when a rule is broken, and names it', () => {
    expect(() => mintAccessToken(inputOf([refund], { agentId: 'support bot' }), bounds, key)).toThrow(
      'subject names the client',
    );
  });

  it('gives the same claims each time, so that a lost answer can be signed again', () => {
    const [first, second] = [0, 1].map(() => mintAccessToken(inputOf([refund]), bounds, key));
    expect(second?.claims).toEqual(first?.claims);
  });

  it('knows beforehand which authority no token can hold', () => {
    const element = (index: number): ToolCall => ({
      type: 'tool_call',
      actions: [`${index}`.padEnd(128, 'a')],
      identifier: 'i'.repeat(128),
    });
    const shape = (details: ToolCall[]) => ({
      issuer: 'https://writ.example',
      resource: 'https://payments.example',
      agentId: 'support-bot',
      granted: { authorization_details: details, ttl: 300, max_uses: null },
    });
    expect(fitsInToken(shape([refund]), 'ES256')).toBe(true);
    expect(fitsInToken(shape(Array.from({ length: 12 }, (_, index) => element(index))), 'ES256')).toBe(false);
  });
});
