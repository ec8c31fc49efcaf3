import { describe, expect, it } from '@jest/globals';
import { isOAuthError } from './errors.js';
import { refuseRepeatedParameters, requireForm, type FormRequest } from './form.js';
import { stepsOver } from './steps.js';
import { formOf } from './testing/doors.js';

const steps = stepsOver<{ request: FormRequest; services: object }>().step(requireForm).step(refuseRepeatedParameters);

async function read(request: FormRequest): Promise<object> {
  const outcome = await steps.run({ request, services: {} });
  return isOAuthError(outcome) ? { code: outcome.code } : Object.fromEntries(outcome.form);
}

describe('a form', () => {
  it.each<[string, FormRequest, object]>([
    ['is decoded', formOf('a=1%3A2+3&b=%C3%A9'), { a: '1:2 3', b: 'é' }],
    [
      'may name its charset',
      formOf('a=1', { contentType: 'Application/X-WWW-Form-Urlencoded ; charset=UTF-8' }),
      { a: '1' },
    ],
    ['may be empty', formOf(''), {}],
    ['may be absent', {}, {}],
    ['treats a parameter without a value as omitted', formOf('a=&b&c=1'), { c: '1' }],
    ['keeps a leading question mark in the name', formOf('?a=1'), { '?a': '1' }],
    [
      'may use a name that objects have of their own',
      formOf('__proto__=1&constructor=2'),
      { ['__proto__']: '1', constructor: '2' },
    ],
    ['may not repeat a parameter', formOf('a=1&a=1'), { code: 'invalid_request' }],
    ['may not repeat a parameter that nobody reads', formOf('grant_type=x&zz=1&zz=2'), { code: 'invalid_request' }],
    ['may not repeat a parameter under another spelling', formOf('token=1&t%6Fken=2'), { code: 'invalid_request' }],
    ['may not repeat a parameter without a value', formOf('a=1&a='), { code: 'invalid_request' }],
    ['holds 64 parameters', formOf(many(64)), Object.fromEntries(new URLSearchParams(many(64)))],
    ['does not hold 65 parameters', formOf(many(65)), { code: 'invalid_request' }],
    ['holds no null character in a value', formOf('a=1%00'), { code: 'invalid_request' }],
    ['holds no null character in a name', formOf('%00a=1'), { code: 'invalid_request' }],
    ['is not JSON', formOf('{}', { contentType: 'application/json' }), { code: 'unsupported_media_type' }],
    ['is not plain text', formOf('a=1', { contentType: 'text/plain' }), { code: 'unsupported_media_type' }],
    ['says that it is one', { body: Buffer.from('a=1') }, { code: 'unsupported_media_type' }],
    [
      'is not nearly one',
      formOf('a=1', { contentType: 'application/x-www-form-urlencoded2' }),
      { code: 'unsupported_media_type' },
    ],
  ])('%s', async (_rule, request, expected) => {
    const found = await read(request);
    expect(Object.entries(found)).toEqual(Object.entries(expected));
  });
});

function many(count: number): string {
  return Array.from({ length: count }, (_, i) => `p${i}=1`).join('&');
}

it('is read by the short way as by the long one', () => {
  const letters = ['a', 'Z', '9', '_', '-', '.', '~', '*', '&', '=', '&', '='];
  for (let round = 0; round < 2_000; round += 1) {
    const text = Array.from({ length: round % 17 }, (_, place) => letters[(round * 7 + place * place * 5) % 12]).join(
      '',
    );
    const read = requireForm({ request: formOf(text), services: {} });
    expect('parameters' in read && read.parameters).toEqual([...new URLSearchParams(`&${text}`)]);
  }
});
