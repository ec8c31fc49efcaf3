import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { authorityWithin, limitsWithin } from '#domain/authority/narrowing.js';
import { grantedAuthority } from '#escalations/settle.js';
import { limitsFrom, offeredTtls, type LimitsForm } from './limits-form.js';

const REQUEST = {
  authorization_details: [
    { type: 'tool_call', actions: ['refund.create', 'payment.read'], identifier: 'order/1', arguments: { order: '1' } },
    { type: 'tool_call', actions: ['payment.read'] },
  ],
  requested_ttl: 300,
  max_uses: 5,
} as const satisfies Partial<EscalationRequest>;

const UNTOUCHED: LimitsForm = {
  ttl: 'as_asked',
  ttlExact: null,
  uses: null,
  ticked: new Map([
    [0, ['0', '1']],
    [1, ['0']],
  ]),
  note: null,
};
const read = (changes: Partial<LimitsForm>) => limitsFrom({ ...UNTOUCHED, ...changes }, REQUEST);

describe('the form to approve for less', () => {
  it.each<readonly [string, Partial<LimitsForm>]>([
    ['left as it was', {}],
    ['with the time that was asked', { ttlExact: '300' }],
    ['with the uses that were asked', { uses: '5' }],
    ['with a note alone', { note: 'Fine.' }],
  ])('%s cuts nothing, and says so instead of approving the whole', (_what, changes) => {
    expect(read(changes)).toEqual({ faults: { ttl: 'Nothing is cut yet; use Approve for the whole request.' } });
  });

  it('drops what is as it was asked from the limits', () => {
    expect(read({ ttlExact: '300', uses: '1' })).toEqual({ limits: { max_uses: 1 } });
  });

  it('cuts time, uses, actions and elements', () => {
    expect(read({ ttl: '60', uses: '1', ticked: new Map([[0, ['1']]]) })).toEqual({
      limits: {
        ttl: 60,
        max_uses: 1,
        authorization_details: [{ ...REQUEST.authorization_details[0], actions: ['payment.read'] }],
      },
    });
    expect(read({ ttlExact: '7' })).toEqual({ limits: { ttl: 7 } });
  });

  it.each<readonly [string, Partial<LimitsForm>, string]>([
    ['more time than asked', { ttlExact: '301' }, 'ttl_exact'],
    ['no time', { ttlExact: '0' }, 'ttl_exact'],
    ['a broken number', { ttlExact: '1e9' }, 'ttl_exact'],
    ['two different times', { ttl: '60', ttlExact: '61' }, 'ttl_exact'],
    ['a time that was not offered', { ttl: '900' }, 'ttl'],
    ['more uses than asked', { uses: '6' }, 'uses'],
    ['an action that was not offered', { ticked: new Map([[0, ['2']]]) }, 'element_0'],
    ['a box with a name', { ticked: new Map([[1, ['payment.read']]]) }, 'element_1'],
    ['no box at all', { ticked: new Map() }, 'element_0'],
    ['a note that is too long', { note: 'x'.repeat(501) }, 'note'],
  ])('refuses %s under its input', (_what, changes, block) => {
    expect(read(changes)).toMatchObject({ faults: { [block]: expect.any(String) } });
  });

  it('offers only times that are shorter than asked', () => {
    expect(offeredTtls(300)).toEqual([60, 120]);
    expect(offeredTtls(30)).toEqual([]);
  });

  it('whatever is submitted, what is granted lies within what was asked and what policy and resource allow', () => {
    const typed = fc.oneof(
      fc.constantFrom(null, '', '1', '60', '120', '300', '301', '-1', '0', '1.5', '1e3', '٣', 'as_asked', '9999999999'),
      fc.string(),
      fc.integer({ min: -5, max: 400 }).map(String),
    );
    const ordinary = fc.record<LimitsForm>({
      ttl: fc.constantFrom('as_asked', '60', '120'),
      ttlExact: fc.constant(null),
      uses: fc.option(fc.integer({ min: 1, max: 6 }).map(String)),
      ticked: fc.subarray(['0', '1']).map((places) => new Map([[0, places]])),
      note: fc.constant(null),
    });
    const forged = fc.record<LimitsForm>({
      ttl: typed,
      ttlExact: typed,
      uses: typed,
      ticked: fc
        .array(
          fc.tuple(fc.integer({ min: -1, max: 25 }), fc.array(fc.oneof(fc.constantFrom('0', '1', '2'), fc.string()))),
        )
        .map((entries) => new Map(entries)),
      note: fc.option(fc.string({ maxLength: 600 })),
    });
    const form = fc.oneof(ordinary, forged);
    const caps = fc.record({
      maxTtl: fc.option(fc.integer({ min: 1, max: 400 })),
      maxUses: fc.option(fc.integer({ min: 1, max: 10 })),
    });
    let accepted = 0;
    fc.assert(
      fc.property(form, caps, fc.option(form), (given, { maxTtl, maxUses }, earlier) => {
        const all = [given, ...(earlier === null ? [] : [earlier])].map((one) => limitsFrom(one, REQUEST));
        const limits = all.flatMap((one) => ('limits' in one ? [one.limits] : []));
        accepted += limits.length;
        const { authorization_details, requested_ttl: ttl, max_uses } = REQUEST;
        const asked = { authorization_details, ttl, max_uses };
        for (const one of limits) expect(limitsWithin(one, asked)).toBe(true);
        const request = { ...REQUEST } as unknown as EscalationRequest;
        const granted = grantedAuthority(request, { maxTtl, maxUses }, limits);
        expect(authorityWithin(granted, asked)).toBe(true);
        expect(granted.ttl).toBeLessThanOrEqual(maxTtl ?? ttl);
        if (maxUses !== null) expect(granted.max_uses).toBeLessThanOrEqual(maxUses);
        for (const one of limits) expect(granted.ttl).toBeLessThanOrEqual(one.ttl ?? ttl);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
