import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EscalationRequest, GrantedAuthority, ToolCall } from '#domain/authority/authorization-details.js';
import { cappedByHanded, partWithinHanded, withinHanded, type HandedOn } from '#domain/authority/handing-on.js';
import { authorityWithin, detailsWithin, narrow } from '#domain/authority/narrowing.js';

const element: fc.Arbitrary<ToolCall> = fc
  .record({
    actions: fc.subarray(['read', 'write', 'drop'], { minLength: 1 }),
    identifier: fc.option(fc.constantFrom('order/1', 'order/2'), { nil: undefined }),
  })
  .map(({ actions, identifier }) => ({
    type: 'tool_call',
    actions,
    ...(identifier === undefined ? {} : { identifier }),
  }));
const details = fc.array(element, { minLength: 1, maxLength: 3 });
const uses = fc.option(fc.integer({ min: 1, max: 4 }), { nil: null });
const resource = fc.constantFrom('https://a.example', 'https://b.example');
const handed: fc.Arbitrary<HandedOn> = fc.record({
  resource,
  granted: fc.record({ authorization_details: details, ttl: fc.integer({ min: 1, max: 9 }), max_uses: uses }),
  restSeconds: fc.double({ min: 1, max: 9, noNaN: true }),
  usesLeft: uses,
});
const request = fc
  .record({ resource, authorization_details: details, requested_ttl: fc.integer({ min: 1, max: 20 }), max_uses: uses })
  .map((asked) => asked as unknown as EscalationRequest);
const caps = fc.record({
  maxTtl: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
  maxUses: uses,
  windowSeconds: fc.integer({ min: 1, max: 20 }),
});

describe('work that is handed on', () => {
  it('is granted within what is left above, and within policy', () => {
    fc.assert(
      fc.property(request, handed, caps, (asked, ancestors, policy) => {
        fc.pre(withinHanded(asked, ancestors));
        const { maxTtl, maxUses, windowSeconds } = cappedByHanded(policy, ancestors);
        const whole: GrantedAuthority = { ...asked, ttl: asked.requested_ttl };
        const granted = narrow(whole, { ttl: maxTtl ?? 99, ...(maxUses === null ? {} : { max_uses: maxUses }) });
        const left = { ...ancestors.granted, ttl: Math.floor(ancestors.restSeconds), max_uses: ancestors.usesLeft };
        expect(authorityWithin(granted, left)).toBe(true);
        expect(granted.ttl).toBeLessThanOrEqual(policy.maxTtl ?? 99);
        expect(granted.max_uses ?? 99).toBeLessThanOrEqual(policy.maxUses ?? 99);
        expect(windowSeconds).toBeLessThanOrEqual(Math.min(policy.windowSeconds, ancestors.restSeconds));
      }),
    );
  });

  it('is refused with the widest part that lies within both, which would not be refused', () => {
    fc.assert(
      fc.property(request, handed, (asked, ancestors) => {
        const part = partWithinHanded(asked, ancestors);
        expect(detailsWithin(part, asked.authorization_details)).toBe(true);
        expect(part.length === 0 || withinHanded({ ...asked, authorization_details: part }, ancestors)).toBe(true);
        if (withinHanded(asked, ancestors)) expect(detailsWithin(asked.authorization_details, part)).toBe(true);
      }),
    );
  });

  it('is never for another resource', () => {
    const held: HandedOn = {
      resource: 'https://a.example',
      granted: { authorization_details: [{ type: 'tool_call', actions: ['read'] }], ttl: 9, max_uses: null },
      restSeconds: 9,
      usesLeft: null,
    };
    const asked = { ...held.granted, resource: 'https://b.example', requested_ttl: 1 } as unknown as EscalationRequest;
    expect(withinHanded(asked, held)).toBe(false);
    expect(partWithinHanded(asked, held)).toEqual([]);
  });

  it('waits and lasts a second at least, however little is left', () => {
    const none = { maxTtl: null, maxUses: null, windowSeconds: 900 };
    const over = { restSeconds: 0.4, usesLeft: null } as HandedOn;
    expect(cappedByHanded(none, over)).toEqual({ maxTtl: 1, maxUses: null, windowSeconds: 1 });
  });
});
