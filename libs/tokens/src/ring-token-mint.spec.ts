import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import type { MintInput } from '#escalations/ports.js';
import { SigningKeyNotMet } from '#escalations/keys/signing-keys.js';
import { grantRow } from '#escalations/testing/rows.js';
import { KeyRing } from './key-ring.js';
import { SigningKeyStore, type SigningKeyRow } from './ports.js';
import { RingTokenMint } from './ring-token-mint.js';

class OneKeyStore extends SigningKeyStore {
  rows: SigningKeyRow[] = [];
  override async list(): ReturnType<SigningKeyStore['list']> {
    return { rows: this.rows, now: new Date(nowMs) };
  }
  override async insertFirst(row: SigningKeyRow): Promise<boolean> {
    this.rows = [...this.rows, row];
    return true;
  }
}

const nowMs = 1_800_000_000_600;
const ulid = '01KAMZ0000000000000000000A';
const digest = `sha256:${'a'.repeat(64)}`;
const base: Omit<MintInput, 'kid'> = {
  jti: `tok_${ulid}`,
  escalationId: `esc_${ulid}`,
  chain: [],
  status: { list: 3, idx: 4711 },
  now: nowMs,
  grantExpiresAt: nowMs + 120_000,
  maxTokenTtlSeconds: 300,
  grant: grantRow({
    id: `grt_${ulid}`,
    escalationId: `esc_${ulid}`,
    actions: ['payment.read'],
    digest,
    granted: { authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }], ttl: 120, max_uses: null },
    grantDigest: digest,
    createdAt: nowMs,
    readyUntil: nowMs,
  }),
};

const store = new OneKeyStore();
let ring: KeyRing;
let mint: RingTokenMint;
let input: MintInput;
beforeAll(async () => {
  ring = await KeyRing.open(store, Buffer.alloc(32, 7), randomBytes, () => new Date(nowMs));
  mint = new RingTokenMint(ring, 'https://writ.example');
  input = { ...base, kid: ring.signingKey('ES256').kid };
});

describe('the mint', () => {
  it('writes whole seconds and never outlives the grant', async () => {
    const { jwt, claims, expiresAt, kid } = await mint.mint(input);
    expect(claims).toMatchObject({ iat: 1_800_000_000, exp: 1_800_000_120 });
    expect(claims['status']).toEqual({ status_list: { idx: 4711, uri: 'https://writ.example/status/3' } });
    expect(expiresAt).toBe(1_800_000_120_000);
    expect(kid).toBe(ring.signingKey('ES256').kid);
    expect(await mint.read(jwt)).toEqual(claims);
  });

  it('ends the token before the grant when the resource says so', async () => {
    expect((await mint.mint({ ...input, maxTokenTtlSeconds: 60 })).claims).toMatchObject({ exp: 1_800_000_060 });
  });

  it('signs with the key that it is told, in its algorithm', async () => {
    await mint.learnKeys('RS256');
    const { kid } = ring.signingKey('RS256');
    const { jwt } = await mint.mint({ ...input, kid });
    expect(JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: 'RS256',
      kid,
    });
    expect(await mint.read(jwt)).toMatchObject({ jti: input.jti });
  });

  it('takes an ask without a number of uses for as large as one with many, since policy or people may bound them', () => {
    const actions = ['payment.annotate', 'payment.read'];
    /** 20 elements with identifiers of `length` characters together. */
    const fits = (max_uses: number | null, length: number): boolean => {
      const authorization_details = Array.from({ length: 20 }, (_, at) => ({
        type: 'tool_call',
        actions,
        identifier: 'x'.repeat(Math.floor((length + at) / 20)),
      }));
      const request = {
        authorization_details,
        requested_ttl: 120,
        max_uses,
        chain: [],
      } as unknown as EscalationRequest;
      return mint.fits({ agentId: 'support-bot', resource: 'https://payments.example', alg: 'ES256', request });
    };
    const lengths = Array.from({ length: 2_500 }, (_, at) => at + 20);
    const most = lengths.findLast((length) => fits(1_000, length)) ?? 0;
    expect(most).toBeGreaterThan(1_000);
    expect(most).toBeLessThan(2_500);
    expect([fits(null, most), fits(null, most + 1)]).toEqual([true, false]);
  });

  it('signs with no key that this process has not opened', async () => {
    await expect(mint.mint({ ...input, kid: 'k'.repeat(43) })).rejects.toThrow(SigningKeyNotMet);
  });

  it('signs stored claims again with the key that signed them first', async () => {
    const { claims, kid } = await mint.mint(input);
    const stored = JSON.parse(JSON.stringify(claims)) as Record<string, unknown>;
    expect(await mint.read((await mint.resign(kid, stored, input)) ?? '')).toEqual(claims);
    await expect(mint.resign('unknown', stored, input)).rejects.toThrow('may not sign');
  });

  it.each([
    ['another audience', { aud: 'https://other.example' }],
    ['another subject', { sub: 'agent:rival-bot' }],
    ['other authority', { authorization_details: [{ type: 'tool_call', actions: ['payment.refund'] }] }],
    ['uses', { max_uses: 9 }],
    ['an actor', { act: { iss: 'https://writ.example', sub: 'agent:rival-bot' } }],
    ['a status list elsewhere', { status: { status_list: { idx: 4711, uri: 'https://evil.example/status/3' } } }],
    ['a claim that tokens do not have', { cnf: { jkt: 'x' } }],
  ])('signs nothing again with %s in it', async (_what, change) => {
    const { claims, kid } = await mint.mint(input);
    expect(await mint.resign(kid, { ...claims, ...change }, input)).toBeNull();
  });
});
