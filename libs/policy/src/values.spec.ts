import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#domain/json.js';
import { args } from './testing/builders.js';
import { cedarArguments, clockFacts, countOf, emptyArguments, Misfit } from './values.js';

const schema = args({
  order: { type: 'string' },
  'amount?': { type: 'integer' },
  'urgent?': { type: 'boolean' },
  'tags?': { type: 'array', items: { type: 'string' } },
});

describe('arguments become Cedar values', () => {
  it('by their declared types', () => {
    const given = { order: '8812', amount: 4000, urgent: false, tags: ['a', 'a'] };
    expect(cedarArguments(given, schema)).toEqual(given);
  });

  it('as an empty record when the action takes none', () => {
    expect(cedarArguments(undefined, null)).toEqual({});
  });

  it('only by names the schema holds, never by a prototype’s', () => {
    const open = args({ 'constructor?': { type: 'string' }, 'order?': { type: 'string' } });
    expect(cedarArguments({}, open)).toEqual({});
  });

  it.each<[string, JsonObject | undefined]>([
    ['an entity escape in place of a string', { order: { __entity: { type: 'Writ::Agent', id: 'root' } } }],
    ['an extension escape in place of a string', { order: { __extn: { fn: 'ip', arg: '127.0.0.1' } } }],
    ['an entity escape in place of the record', { __entity: { type: 'Writ::Agent', id: 'root' } }],
    ['an entity escape inside a list', { order: '1', tags: [{ __entity: { type: 'Writ::Group', id: 'x' } }] }],
    ['a name the schema does not hold', { order: '1', other: 1 }],
    ['a missing required member', { amount: 1 }],
    ['a fraction', { order: '1', amount: 1.5 }],
    ['an integer beyond 2^53', { order: '1', amount: 2 ** 53 }],
    ['a number as text', { order: '1', amount: '1' }],
    ['null', { order: null }],
    ['half a surrogate pair', { order: '\ud800' }],
    ['leaving arguments out, which would cover all of them', undefined],
  ])('and refuse %s', (_, given) => {
    expect(cedarArguments(given, schema)).toBeInstanceOf(Misfit);
  });

  it('and refuse any given to an action that takes none', () => {
    expect(cedarArguments({}, null)).toBeInstanceOf(Misfit);
  });

  it('and never repeat the agent’s words in a refusal', () => {
    const misfit = cedarArguments({ order: '1', 'evil\nname': 'evil value' }, schema);
    expect(misfit instanceof Misfit && misfit.why).not.toContain('evil');
  });
});

describe('an empty ask', () => {
  it('has the smallest value of each required argument', () => {
    const wanted = args({
      mode: { type: 'string', enum: ['slow', 'fast'] },
      count: { type: 'integer', minimum: 3 },
      below: { type: 'integer', maximum: -2 },
      'note?': { type: 'string' },
    });
    expect(emptyArguments(wanted)).toEqual({ mode: 'slow', count: 3, below: -2 });
    expect(emptyArguments(null)).toBeUndefined();
  });
});

describe('facts', () => {
  it('count Sunday as 7 and the hour in UTC', () => {
    expect(clockFacts(Date.UTC(2026, 10, 22, 23, 59))).toEqual({ hour_utc: 23, weekday: 7 });
    expect(clockFacts(Date.UTC(2026, 10, 23))).toEqual({ hour_utc: 0, weekday: 1 });
  });

  it('count an action that is absent as none, whatever its name', () => {
    expect(countOf({ 'payment.read': 4 }, 'payment.read')).toBe(4);
    expect(countOf({}, 'constructor')).toBe(0);
  });
});
