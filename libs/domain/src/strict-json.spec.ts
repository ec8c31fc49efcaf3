import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

function refusalOf(text: string): string {
  try {
    parseStrictJson(text);
    return 'accepted';
  } catch (error) {
    if (error instanceof StrictJsonError) return `${error.pointer} ${error.rule}`;
    throw error;
  }
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** False for values that JSON can write but a strict reader refuses. */
function isAcceptable(value: unknown): boolean {
  if (JSON.stringify(value).includes('\\u0000')) return false;
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => !key.startsWith('__') && isAcceptable(member));
}

describe('strict JSON reads', () => {
  it.each([
    'null',
    'true',
    'false',
    '0',
    '-1',
    '1.5',
    '1e3',
    '1E-3',
    '-0.25e+2',
    '9007199254740991',
    '-9007199254740991',
    '""',
    '[]',
    '{}',
    ' \t\r\n[ 1 , 2 ] \n',
    '{"a":{"b":[{"c":null}]},"d":""}',
    '"\\u0041\\n\\t\\"\\\\\\/\\b\\f\\r"',
    '"\\ud83d\\ude00"',
    '"😀é\u2028"',
    '{"constructor":1,"toString":2,"_one":3,"a__":4,"":5,"2":6,"1":7}',
    nested(16),
    '"\u007f"',
  ])('%s as JSON.parse does', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  it('whatever JSON.stringify writes within the limits', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }).filter(isAcceptable), (value) => {
        const text = JSON.stringify(value);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
        expect(parseStrictJson(JSON.stringify(value, null, 2))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('any text that JSON.parse reads to the same value, unless it refuses it for a reason of its own', () => {
    const piece = fc.constantFrom(
      ...'{}[]",:\\123eE+-. ',
      'true',
      'null',
      '"a":',
      '"b":',
      '[1,',
      '\\u0061',
      '-0',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join('');
        const refusal = refusalOf(text);
        if (refusal === 'accepted') {
          // -0 is read as 0, and so it is written.
          expect(JSON.stringify(parseStrictJson(text))).toBe(JSON.stringify(JSON.parse(text)));
        } else if (refusal.endsWith(' syntax')) expect(() => JSON.parse(text) as unknown).toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it('long strings of nothing but escapes', () => {
    const text = JSON.stringify('\n'.repeat(120_000));
    expect(parseStrictJson(text)).toBe(JSON.parse(text));
    expect(refusalOf(text.slice(0, -1))).toBe(' syntax');
  });

  it('minus zero as zero, which is how it is hashed and signed', () => {
    expect(Object.is(parseStrictJson('[-0, -0.0, 0e5]'), -0)).toBe(false);
    expect(parseStrictJson('[-0,-0.0]')).toEqual([0, 0]);
  });

  it('keys that shadow the prototype as plain own members', () => {
    const read = parseStrictJson('{"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":1}');
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.keys(read as object)).toEqual(['constructor', 'hasOwnProperty']);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('strict JSON refuses', () => {
  it.each([
    '',
    ' ',
    '\ufeff{}',
    'nul',
    'nulll',
    'True',
    'undefined',
    'NaN',
    'Infinity',
    '-Infinity',
    '+1',
    '-',
    '01',
    '-01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '0x10',
    '1_000',
    '1n',
    "'a'",
    '"',
    '"a',
    '"\\',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\u 123"',
    '"a\nb"',
    '"\u0000"',
    '"\t"',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1 2]',
    ']',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{a:1}',
    '{1:2}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"a",1}',
    '}',
    '[1}',
    '{"a":1]',
    '1 2',
    '{} {}',
    '[] x',
    '// c\n1',
    '/* c */ 1',
    '\u00a01',
    '\u000b1',
    '\u20281',
  ])('what is not JSON: %j', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(refusalOf(text)).toMatch(/ syntax$/);
  });

  it('any text that JSON.parse refuses', () => {
    const soup = fc.string({
      unit: fc.constantFrom(...'{}[]",:\\u0123eE+-. tfn', 'true', 'null', '"a"', '\ud800', '\n'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(soup, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const refusal = refusalOf(text);
        if (!isJson) expect(refusal).not.toBe('accepted');
        else expect(refusal).not.toMatch(/ syntax$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a key given twice', '{"a":1,"b":{"c":1,"c":1}}', '/b/c duplicate_key'],
    ['a key given twice in two spellings', '{"a":1,"\\u0061":2}', '/a duplicate_key'],
    ['an empty key given twice', '{"":1,"":2}', '/ duplicate_key'],
    [
      'a key that shadows the prototype, given twice',
      '{"constructor":1,"constructor":2}',
      '/constructor duplicate_key',
    ],
    ['a key for Cedar', '{"x":[{"__entity":{}}]}', '/x/0/__entity reserved_key'],
    ['the prototype', '{"__proto__":{}}', '/__proto__ reserved_key'],
    ['the prototype spelt with escapes', '{"\\u005f_proto__":{}}', '/__proto__ reserved_key'],
    ['a null character, which PostgreSQL cannot hold', '{"a":"x\\u0000"}', '/a null_character'],
    ['a lone high surrogate', '"\\ud800"', ' lone_surrogate'],
    ['a lone low surrogate', '{"a":["\\udc00x"]}', '/a/0 lone_surrogate'],
    ['a pair the wrong way round', '"\\ude00\\ud83d"', ' lone_surrogate'],
    ['a raw lone surrogate', '"a\ud800b"', ' lone_surrogate'],
    ['a lone surrogate in a key', '{"a":{"\\ud800":1}}', '/a lone_surrogate'],
    ['an integer beyond 2^53-1', '{"a":9007199254740992}', '/a number_range'],
    ['an integer beyond -(2^53-1)', '[0,-9007199254740992]', '/1 number_range'],
    ['an integer written as a power', '1e16', ' number_range'],
    ['an integer beyond every double', `${'9'.repeat(400)}`, ' number_range'],
    ['infinity by overflow', '-1e999', ' number_range'],
    ['the seventeenth level', `{"a":${nested(16)}}`, `/a${'/0'.repeat(15)} too_deep`],
    ['a syntax error, by what encloses it', '{"a":[{"b":1,}]}', '/a/0 syntax'],
    ['a key that needs escapes in a pointer', '{"a/b~":[1e99]}', '/a~1b~0/0 number_range'],
  ])('%s', (_name, text, refusal) => {
    expect(refusalOf(text)).toBe(refusal);
  });

  it('the 2,001st value', () => {
    const list = (items: number): string => `[${Array.from({ length: items }, () => '0').join(',')}]`;
    expect(refusalOf(list(1_999))).toBe('accepted');
    expect(refusalOf(list(2_000))).toBe('/1999 too_many_nodes');
  });

  it('a hundred thousand levels without running out of stack', () => {
    expect(refusalOf(nested(100_000))).toMatch(/ too_deep$/);
    expect(refusalOf('{"a":'.repeat(100_000))).toMatch(/ too_deep$/);
  });

  it('a long key without sending it back', () => {
    expect(refusalOf(`{"${'a'.repeat(10_000)}":NaN}`)).toBe(' syntax');
  });
});
