import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { grantDigest, requestDigest } from '#domain/authority/digest.js';

const details = [
  {
    type: 'tool_call',
    actions: ['refund.create'],
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
  },
] as const;
const request: EscalationRequest = {
  resource: 'https://payments.example',
  authorization_details: details,
  requested_ttl: 300,
  max_uses: 1,
  task: { id: 'run-77', description: 'Refund order 8812', ticket: 'OPS-1' },
  justification: null,
  evidence: [],
  break_glass: false,
  chain: [],
};
const id = 'esc_01KAMZ0000000000000000000A';

describe('digests', () => {
  it('hash the contract’s request to the contract’s vector', () => {
    expect(requestDigest(id, 'support-bot', request, `sha256:${'0'.repeat(64)}`)).toBe(
      'sha256:7fe46c5507d95368f8aab2d0479307690be91071bbe11d5a424396c702a5f463',
    );
  });

  it('hash the contract’s settlement to the contract’s vector', () => {
    const digest = requestDigest(id, 'support-bot', request, `sha256:${'0'.repeat(64)}`);
    expect(grantDigest(id, digest, { authorization_details: details, ttl: 120, max_uses: 1 })).toBe(
      'sha256:c39e1c0bd76ce1b12ac4423c02c45059231845381e1eed55e3db5db533f89c11',
    );
  });
});

describe('canonical JSON', () => {
  it('agrees with an independent RFC 8785 implementation on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
  });
});
