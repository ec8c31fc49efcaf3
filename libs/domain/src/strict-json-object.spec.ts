import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonObjectWithin, strictJsonObject } from './strict-json.js';

const read = (text: string) => strictJsonObject(Buffer.from(text, 'utf8'));

describe('a strict JSON object', () => {
  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":[{"c":1,"c":2}]}}',
    '{"a":[1,"x"],"b":"a","a":null}',
    '{"\\"":1,"\\u0022":2}',
  ])('has no repeated member: %s', (text) => {
    expect(read(text)).toBeNull();
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":["a","a"]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":[{"a":1},{"a":2}],"b":"a,\\"a"}',
  ])('may use a name at several places: %s', (text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it.each(['[]', 'null', '"x"', '1', '', '{', '{"a":1}x', '\ufeff{}', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`])(
    'is nothing else: %s',
    (text) => {
      expect(read(text)).toBeNull();
    },
  );

  it('is UTF-8', () => {
    expect(strictJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeNull();
  });

  it('is read like JSON.parse whatever it holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
        const text = JSON.stringify(value);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('text of a known sender', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it('is an object of JSON.parse, with whatever two readers could understand differently', () => {
    for (const text of ['{"a":1,"a":2}', '{"__proto__":{}}', '{"a":"\\u0000\\ud800","b":1e300,"c":-0}'])
      expect(jsonObjectWithin(text, 64)).toEqual(JSON.parse(text));
  });

  it('has a depth', () => {
    expect(jsonObjectWithin(nested(64), 64)).toEqual(JSON.parse(nested(64)));
    expect(jsonObjectWithin(nested(65), 64)).toBeNull();
    expect(jsonObjectWithin(nested(100_000), 64)).toBeNull();
    expect(jsonObjectWithin(`{"a":"${'['.repeat(100)}"}`, 64)).not.toBeNull();
  });

  it.each(['[]', 'null', '"x"', '', '{', '{"a":1}x'])('is nothing else: %s', (text) => {
    expect(jsonObjectWithin(text, 64)).toBeNull();
  });
});
