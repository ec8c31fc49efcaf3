import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '#domain/json.js';
import type { AuthorityLimits, GrantedAuthority, ToolCall } from '#domain/authority/authorization-details.js';
import {
  authorityWithin,
  cutsBetween,
  detailsWithin,
  elementWithin,
  limitsWithin,
  narrow,
} from '#domain/authority/narrowing.js';

const element: fc.Arbitrary<ToolCall> = fc
  .record({
    actions: fc.subarray(['read', 'write', 'drop'], { minLength: 1 }),
    identifier: fc.option(fc.constantFrom('order/1', 'order/2'), { nil: undefined }),
    arguments: fc.option(fc.constantFrom<JsonObject>({ order: '1' }, { order: '2', amount: 1 }), { nil: undefined }),
  })
  .map(({ actions, identifier, arguments: args }) => ({
    type: 'tool_call',
    actions,
    ...(identifier === undefined ? {} : { identifier }),
    ...(args === undefined ? {} : { arguments: args }),
  }));
const details = fc.array(element, { minLength: 1, maxLength: 4 });
const ttl = fc.integer({ min: 1, max: 5 });
const uses = fc.integer({ min: 1, max: 3 });
const authority: fc.Arbitrary<GrantedAuthority> = fc.record({
  authorization_details: details,
  ttl,
  max_uses: fc.option(uses, { nil: null }),
});
const limits: fc.Arbitrary<AuthorityLimits> = fc.record(
  { ttl, max_uses: uses, authorization_details: details },
  { requiredKeys: [] },
);

const ARGUMENTS: readonly JsonObject[] = [{ order: '1' }, { order: '2', amount: 1 }, { order: '3' }];
/** Every call that could be told apart here: an authority is the set of those that it allows. */
const CALLS = ['read', 'write', 'drop'].flatMap((action) =>
  ['order/1', 'order/2', 'order/3'].flatMap((identifier) =>
    ARGUMENTS.map((args): ToolCall => ({
      type: 'tool_call',
      actions: [action],
      identifier,
      arguments: args,
    })),
  ),
);
const allowed = (list: readonly ToolCall[]): number[] =>
  CALLS.flatMap((call, index) => (detailsWithin([call], list) ? [index] : []));

/** The limits as an authority of their own, where they say something. */
const asAuthority = (cut: AuthorityLimits, asked: GrantedAuthority): GrantedAuthority => ({
  ttl: cut.ttl ?? asked.ttl,
  max_uses: cut.max_uses ?? null,
  authorization_details: cut.authorization_details ?? asked.authorization_details,
});

describe('narrowing', () => {
  it('never grants what was not asked, nor what a limit forbids', () => {
    fc.assert(
      fc.property(authority, limits, (asked, cut) => {
        const got = narrow(asked, cut);
        expect(authorityWithin(got, asked)).toBe(true);
        expect(authorityWithin(got, asAuthority(cut, asked))).toBe(true);
      }),
    );
  });

  it('loses no call that both allow', () => {
    fc.assert(
      fc.property(authority, limits, (asked, cut) => {
        const both = allowed(asked.authorization_details).filter((call) =>
          allowed(asAuthority(cut, asked).authorization_details).includes(call),
        );
        expect(allowed(narrow(asked, cut).authorization_details)).toEqual(both);
      }),
    );
  });

  it('by the same limits again changes nothing', () => {
    fc.assert(
      fc.property(authority, limits, (asked, cut) => {
        const once = narrow(asked, cut);
        const twice = narrow(once, cut);
        expect([twice.ttl, twice.max_uses, allowed(twice.authorization_details)]).toEqual([
          once.ttl,
          once.max_uses,
          allowed(once.authorization_details),
        ]);
      }),
    );
  });

  it('gives the same authority in whichever order the limits come', () => {
    fc.assert(
      fc.property(authority, limits, limits, (asked, one, two) => {
        const [ab, ba] = [narrow(narrow(asked, one), two), narrow(narrow(asked, two), one)];
        expect([ab.ttl, ab.max_uses, allowed(ab.authorization_details)]).toEqual([
          ba.ttl,
          ba.max_uses,
          allowed(ba.authorization_details),
        ]);
      }),
    );
  });

  it('by no limits leaves what was asked as it was written', () => {
    fc.assert(fc.property(authority, (asked) => expect(narrow(asked, {})).toEqual(asked)));
  });
});

describe('limits lie within an ask', () => {
  it('exactly when each that is given cuts or keeps', () => {
    fc.assert(
      fc.property(authority, limits, (asked, cut) => {
        const each = [
          cut.ttl === undefined || cut.ttl <= asked.ttl,
          cut.max_uses === undefined || asked.max_uses === null || cut.max_uses <= asked.max_uses,
          cut.authorization_details === undefined ||
            cut.authorization_details.every((inner) =>
              asked.authorization_details.some((outer) => elementWithin(inner, outer)),
            ),
        ];
        expect(limitsWithin(cut, asked)).toBe(each.every(Boolean));
      }),
    );
  });

  it('and then they are what is granted', () => {
    fc.assert(
      fc.property(authority, limits, (asked, cut) => {
        fc.pre(limitsWithin(cut, asked));
        const got = narrow(asked, cut);
        expect(got.ttl).toBe(cut.ttl ?? asked.ttl);
        expect(got.max_uses).toBe(cut.max_uses ?? asked.max_uses);
        expect(allowed(got.authorization_details)).toEqual(
          allowed(cut.authorization_details ?? asked.authorization_details),
        );
      }),
    );
  });
});

describe('one element lies within another', () => {
  const wide: ToolCall = { type: 'tool_call', actions: ['read', 'write'] };

  it.each<[string, ToolCall, boolean]>([
    ['with fewer actions', { type: 'tool_call', actions: ['read'] }, true],
    ['with an identifier where there was none', { ...wide, identifier: 'order/1' }, true],
    ['with arguments where there were none', { ...wide, arguments: { order: '1' } }, true],
    ['with one action more', { type: 'tool_call', actions: ['read', 'drop'] }, false],
  ])('%s: %#', (_name, inner, within) => expect(elementWithin(inner, wide)).toBe(within));

  it('but not without the identifier or arguments that the other insists on', () => {
    const exact: ToolCall = { ...wide, identifier: 'order/1', arguments: { order: '1', amount: 2 } };
    expect(elementWithin(wide, exact)).toBe(false);
    expect(elementWithin({ ...exact, identifier: 'order/2' }, exact)).toBe(false);
    expect(elementWithin({ ...exact, arguments: { order: '1' } }, exact)).toBe(false);
    expect(elementWithin({ ...exact, arguments: { amount: 2, order: '1' } }, exact)).toBe(true);
  });

  it('is reflexive and transitive', () => {
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(elementWithin(a, a)).toBe(true);
        if (elementWithin(a, b) && elementWithin(b, c)) expect(elementWithin(a, c)).toBe(true);
      }),
    );
  });
});

describe('cuts', () => {
  it('name exactly the fields that differ, with both values', () => {
    fc.assert(
      fc.property(authority, limits, (asked, cut) => {
        const granted = narrow(asked, cut);
        for (const { field, asked: before, granted: after } of cutsBetween(asked, granted)) {
          expect(before).toEqual(asked[field]);
          expect(after).toEqual(granted[field]);
          expect(after).not.toEqual(before);
        }
      }),
    );
  });

  it('are none between equals, whatever the order of members', () => {
    const asked: GrantedAuthority = {
      ttl: 1,
      max_uses: null,
      authorization_details: [{ type: 'tool_call', actions: ['read'], arguments: { a: 1, b: 2 } }],
    };
    const same: GrantedAuthority = {
      max_uses: null,
      authorization_details: [{ arguments: { b: 2, a: 1 }, actions: ['read'], type: 'tool_call' }],
      ttl: 1,
    };
    expect(cutsBetween(asked, same)).toEqual([]);
    expect(cutsBetween(asked, { ...same, max_uses: 1 })).toEqual([{ field: 'max_uses', asked: null, granted: 1 }]);
  });
});
