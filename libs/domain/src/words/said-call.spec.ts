import { describe, expect, it } from '@jest/globals';
import type { ToolCall } from '../authority/authorization-details.js';
import type { ArgumentSchema, CatalogAction } from '../catalog.js';
import type { JsonObject } from '../json.js';
import { sayCall, sayFaults } from './said-call.js';

const PROPERTIES: Readonly<Record<string, ArgumentSchema>> = {
  order: { type: 'string', title: 'Order' },
  amount: { type: 'integer', title: 'Amount', format: 'money/EUR' },
  parts: { type: 'array', items: { type: 'integer', format: 'money/EUR' } },
  note: { type: 'string' },
  url: { type: 'string', format: 'uri' },
  urls: { type: 'array', items: { type: 'string', format: 'uri' } },
};
const REFUND: CatalogAction = {
  name: 'refund.create',
  risk: 'high',
  say: 'Refund {amount} for order {order}',
  arguments: { type: 'object', additionalProperties: false, required: [], properties: PROPERTIES },
};
const nothingRead = (): ReadonlySet<string> => new Set();

function said(args: JsonObject | undefined, action: CatalogAction | null = REFUND, read: readonly string[] = []) {
  const element: ToolCall = {
    type: 'tool_call',
    actions: [REFUND.name],
    identifier: 'order/8812',
    ...(args === undefined ? {} : { arguments: args }),
  };
  return sayCall(element, action === null ? undefined : { actions: [action] }, () => new Set(read));
}
const sentence = (args: JsonObject | undefined, action: CatalogAction = REFUND) =>
  said(args, action).actions[0]?.sentence;

describe('a call in the words of the catalogue', () => {
  it('is the sentence with its values formatted', () => {
    expect(sentence({ order: '8812', amount: 4_000 })).toBe('Refund 40.00 EUR for order 8812');
    expect(sentence({ order: '8812', amount: 4_000_000 })).toBe('Refund 40,000.00 EUR for order 8812');
  });

  it('says loudly what the request leaves free, and what it leaves out', () => {
    expect(sentence(undefined)).toBe('Refund ANY Amount for order ANY Order');
    expect(sentence({ order: '8812' })).toBe('Refund no Amount for order 8812');
    const free: ToolCall = { type: 'tool_call', actions: ['refund.create'] };
    const say = { ...REFUND, say: 'Touch {identifier}' };
    expect(sayCall(free, { actions: [say] }, nothingRead)).toEqual({
      actions: [{ action: 'refund.create', sentence: 'Touch ANY identifier' }],
      identifier: null,
      arguments: null,
    });
  });

  it.each([
    ['8812 (approved by Bob)', '“8812 (approved by Bob)”'],
    ['8812” was approved', '“8812\\u{201d} was approved”'],
    ['88\u202e12', '88\\u{202e}12'],
    ['line\nbreak', 'line\\u{a}break'],
    ['"8812"', '“"8812"”'],
    ['{amount}', '{amount}'],
    ['$&$1', '$&$1'],
    ['', '“”'],
  ])('keeps %j from reading on as the sentence', (order, shown) => {
    expect(sentence({ order, amount: 1 })).toBe(`Refund 0.01 EUR for order ${shown}`);
  });

  it('keeps an address from reading on as the sentence, whatever its host', () => {
    const say = { ...REFUND, say: 'Send it to {url}' };
    const hostile = 'https:/evil.example/ok for order 1, approved by Bob';
    expect(sentence({ url: hostile }, say)).toBe(`Send it to “${hostile}” (host evil.example)`);
    expect(sentence({ url: 'https://safe.example/a' }, say)).toBe('Send it to https://safe.example/a');
    const many = { ...REFUND, say: 'Send it to {urls}' };
    expect(sentence({ urls: [hostile] }, many)).toBe(`Send it to “["${hostile}"]” (host evil.example)`);
  });

  it('shortens a long value in the sentence and never beside it', () => {
    const order = `begin ${'x'.repeat(500)} end`;
    expect(sentence({ order })?.length).toBeLessThan(170);
    expect(sentence({ order })).toMatch(/“begin x+…x+ end”$/);
    expect(said({ order }).arguments?.[0]?.value).toBe(order);
  });

  it('names the arguments that policy reads first, the others in the order of the schema', () => {
    const names = said({ note: 'a', order: '1', amount: 1, stray: true }, REFUND, ['note']).arguments?.map(
      ({ name }) => name,
    );
    expect(names).toEqual(['note', 'order', 'amount', 'stray']);
  });

  it('shows a list item by item, and the raw value beside every format', () => {
    expect(said({ parts: [100, 250] }).arguments).toEqual([
      { name: 'parts', title: null, value: [100, 250], shown: '1.00 EUR, 2.50 EUR', readByPolicy: false },
    ]);
    expect(said({ parts: [] }).arguments?.[0]?.shown).toBeNull();
  });

  it('says the raw call alone of what has left the catalogue', () => {
    expect(said({ amount: 4_000 }, null)).toEqual({
      actions: [{ action: 'refund.create', sentence: null }],
      identifier: 'order/8812',
      arguments: [{ name: 'amount', title: null, value: 4_000, shown: null, readByPolicy: false }],
    });
  });

  it('finds no name on the prototype', () => {
    const say = { ...REFUND, say: 'Do {constructor}' };
    expect(sentence({ order: '1' }, say)).toBe('Do no constructor');
  });
});

describe('a sentence is refused', () => {
  it.each([
    ['Refund {total}', 'names {total}, which is neither an argument of the action nor {identifier}'],
    ['Refund {}', 'names {}, which is neither an argument of the action nor {identifier}'],
    ['Refund {amount', 'must close every brace that it opens, and not nest them'],
    ['Refund {{amount}}', 'must close every brace that it opens, and not nest them'],
  ])('%j', (say, fault) => {
    expect(sayFaults(say, ['amount'])).toContain(fault);
  });

  it('not when every name is one of the call', () => {
    expect(sayFaults('Refund {amount} of {identifier}', ['amount'])).toEqual([]);
  });
});
