import { describe, expect, it } from '@jest/globals';
import { checkArguments } from '#domain/authority/arguments-schema.js';
import type { CatalogueActionAnswer } from '#contracts/configure/catalogue.dto.js';
import type { ArgumentSchema, ArgumentsSchema } from '#domain/catalog.js';
import { exampleAsk } from './example-ask.js';

function action(properties: Record<string, ArgumentSchema>, required = Object.keys(properties)): CatalogueActionAnswer {
  const schema: ArgumentsSchema = { type: 'object', additionalProperties: false, required, properties };
  return {
    action: 'thing.do',
    risk: 'low',
    arguments: schema as unknown as Record<string, unknown>,
    identifier: 'optional',
    permitted: true,
  };
}
const elementOf = (of: CatalogueActionAnswer) =>
  (exampleAsk('https://things.example', of) as { authorization_details: Record<string, unknown>[] })
    .authorization_details[0] as Record<string, unknown>;

describe('an example', () => {
  it('asks for nothing but the action where that takes no arguments', () => {
    expect(elementOf({ ...action({}), arguments: null })).toEqual({ type: 'tool_call', actions: ['thing.do'] });
  });

  it('has an identifier where one is required', () => {
    expect(elementOf({ ...action({}), identifier: 'required' })).toMatchObject({ identifier: 'example/1' });
  });

  it('says that it has none where none is required', () => {
    expect(elementOf(action({ note: { type: 'string' } }, []))['arguments']).toEqual({});
  });

  it('leaves out what is not required', () => {
    const some = action({ order: { type: 'string' }, amount: { type: 'integer', minimum: 1 } }, ['order']);
    expect(elementOf(some)['arguments']).toEqual({ order: 'order-1' });
  });

  it.each<[string, ArgumentSchema, unknown]>([
    ['a text', { type: 'string' }, 'x-1'],
    ['a short text', { type: 'string', maxLength: 1 }, 'a'],
    ['one of several', { type: 'string', enum: ['eu', 'us'] }, 'eu'],
    ['a month by its pattern', { type: 'string', pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' }, '2026-01'],
    ['a number', { type: 'integer' }, 1],
    ['a number from 50 on', { type: 'integer', minimum: 50 }, 50],
    ['a number up to 0', { type: 'integer', maximum: 0 }, 0],
    ['yes or no', { type: 'boolean' }, true],
    ['a list', { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, maxItems: 3 }, ['a']],
    ['a list of nothing', { type: 'array', items: { type: 'string' }, maxItems: 0 }, []],
  ])('has a value that the schema takes: %s', (_name, schema, value) => {
    const of = action({ x: schema });
    expect(elementOf(of)['arguments']).toEqual({ x: value });
    expect(checkArguments(of.arguments as unknown as ArgumentsSchema, { x: value } as never, '/arguments')).toEqual([]);
  });
});
