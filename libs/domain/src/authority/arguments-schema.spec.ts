import { describe, expect, it } from '@jest/globals';
import type { ArgumentSchema, ArgumentsSchema } from '#domain/catalog.js';
import type { Json, JsonObject } from '#domain/json.js';
import { checkArguments } from '#domain/authority/arguments-schema.js';

const schema = (properties: Record<string, ArgumentSchema>, required: string[] = []): ArgumentsSchema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const faultsOf = (property: ArgumentSchema, value: Json): string[] =>
  checkArguments(schema({ x: property }), { x: value }, '/arguments').map(({ pointer, rule }) => `${pointer} ${rule}`);

describe('arguments of an action', () => {
  const refund = schema({ order: { type: 'string' }, amount: { type: 'integer' } }, ['order']);

  it('conform when all that is required is there and of its type', () => {
    expect(checkArguments(refund, { order: '8812', amount: 4000 }, '/a')).toEqual([]);
    expect(checkArguments(refund, { order: '8812' }, '/a')).toEqual([]);
  });

  it('are reported with every fault, each by its pointer', () => {
    expect(checkArguments(refund, { amount: '4000', 'a/b~c': true }, '/authorization_details/0/arguments')).toEqual([
      { pointer: '/authorization_details/0/arguments/order', rule: 'required' },
      { pointer: '/authorization_details/0/arguments/amount', rule: 'type_integer' },
      { pointer: '/authorization_details/0/arguments/a~1b~0c', rule: 'unknown_field' },
    ]);
  });

  it('may be left out only where the action takes none: an element without them would cover any', () => {
    expect(checkArguments(refund, undefined, '/a')).toEqual([{ pointer: '/a/order', rule: 'required' }]);
    expect(checkArguments(schema({ x: { type: 'boolean' } }), undefined, '/a')).toEqual([
      { pointer: '/a', rule: 'required' },
    ]);
    expect(checkArguments(schema({ x: { type: 'boolean' } }), {}, '/a')).toEqual([]);
  });

  it('are refused, even empty, where the action takes none', () => {
    expect(checkArguments(null, undefined, '/a')).toEqual([]);
    expect(checkArguments(null, {}, '/a')).toEqual([{ pointer: '/a', rule: 'no_arguments' }]);
  });

  it('do not find names of the prototype, neither as schema nor as value', () => {
    const args = JSON.parse('{"constructor":1,"toString":2}') as JsonObject;
    expect(checkArguments(refund, { ...args, order: 'x' }, '').map((fault) => fault.rule)).toEqual([
      'unknown_field',
      'unknown_field',
    ]);
    const shadowing = schema(Object.fromEntries([['valueOf', { type: 'boolean' }]]), ['valueOf']);
    expect(checkArguments(shadowing, {}, '')).toEqual([{ pointer: '/valueOf', rule: 'required' }]);
  });
});

describe('one argument', () => {
  it.each<[string, ArgumentSchema, Json, string[]]>([
    ['a boolean', { type: 'boolean' }, true, []],
    ['no word for a boolean', { type: 'boolean' }, 'true', ['/arguments/x type_boolean']],
    ['no null', { type: 'string' }, null, ['/arguments/x type_string']],
    ['no object', { type: 'string' }, {}, ['/arguments/x type_string']],
    ['an integer at its bounds', { type: 'integer', minimum: 1, maximum: 1 }, 1, []],
    ['no integer below its minimum', { type: 'integer', minimum: 1 }, 0, ['/arguments/x out_of_range']],
    ['no integer above its maximum', { type: 'integer', maximum: 9 }, 10, ['/arguments/x out_of_range']],
    ['the largest safe integer', { type: 'integer' }, Number.MAX_SAFE_INTEGER, []],
    ['none beyond it', { type: 'integer' }, 2 ** 53, ['/arguments/x out_of_range']],
    ['no fraction', { type: 'integer' }, 1.5, ['/arguments/x type_integer']],
    ['a text of the longest length', { type: 'string', maxLength: 2 }, 'ab', []],
    ['no longer one', { type: 'string', maxLength: 2 }, 'abc', ['/arguments/x too_long']],
    ['a length in code points', { type: 'string', maxLength: 2 }, '😀😀', []],
    ['no third code point', { type: 'string', maxLength: 2 }, '😀😀😀', ['/arguments/x too_long']],
    ['a listed text', { type: 'string', enum: ['a', 'b'] }, 'b', []],
    ['no other text', { type: 'string', enum: ['a', 'b'] }, 'A', ['/arguments/x enum']],
    ['a pattern anywhere in the text', { type: 'string', pattern: 'b+' }, 'abbc', []],
    ['an anchored pattern only as a whole', { type: 'string', pattern: '^b+$' }, 'abb', ['/arguments/x pattern']],
    ['no line break past an anchored pattern', { type: 'string', pattern: '^b$' }, 'b\n', ['/arguments/x pattern']],
    ['a pattern over code points', { type: 'string', pattern: '^.$' }, '😀', []],
    ['an array of its items', { type: 'array', items: { type: 'integer' } }, [1, 2], []],
    [
      'no other item',
      { type: 'array', items: { type: 'integer' } },
      [1, 'b', 3, null],
      ['/arguments/x/1 type_integer', '/arguments/x/3 type_integer'],
    ],
    [
      'no array that is an object',
      { type: 'array', items: { type: 'integer' } },
      { 0: 1 },
      ['/arguments/x type_array'],
    ],
    [
      'no more items than allowed',
      { type: 'array', maxItems: 1, items: { type: 'integer' } },
      [1, 2],
      ['/arguments/x too_many_items'],
    ],
    [
      'arrays in arrays',
      { type: 'array', items: { type: 'array', items: { type: 'boolean' } } },
      [[true], [1]],
      ['/arguments/x/1/0 type_boolean'],
    ],
  ])('accepts %s', (_name, property, value, faults) => {
    expect(faultsOf(property, value)).toEqual(faults);
  });

  it('is matched in linear time, and not at all where it is too long for any request', () => {
    expect(faultsOf({ type: 'string', pattern: '^(([a-z0-9.-]+)(,|,\\s)?)+$' }, `${'a'.repeat(4_000)}/x`)).toEqual([
      '/arguments/x pattern',
    ]);
    expect(faultsOf({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(5_000)}!`)).toEqual([
      '/arguments/x too_long',
    ]);
  });
});
