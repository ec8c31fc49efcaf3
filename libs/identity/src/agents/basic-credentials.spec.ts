import { describe, expect, it } from '@jest/globals';
import { parseBasic } from './basic-credentials.js';

const basic = (text: string | Buffer, scheme = 'Basic ') => `${scheme}${Buffer.from(text).toString('base64')}`;

describe('HTTP Basic', () => {
  it.each<[string, string, string]>([
    ['payments-api:s3cret', 'payments-api', 's3cret'],
    ['api:a:b', 'api', 'a:b'],
    ['api:a%3Ab%25%2B', 'api', 'a:b%+'],
    ['api:a+b', 'api', 'a b'],
    ['a%70i:s', 'api', 's'],
    ['api:%C3%A9', 'api', 'é'],
    ['api:é', 'api', 'é'],
  ])('decodes both halves of %s as a form does', (text, id, secret) => {
    expect(parseBasic(basic(text))).toEqual({ id, secret });
  });

  it('takes the scheme in any case and more than one space', () => {
    expect(parseBasic(basic('api:s', 'bAsIc   '))).toEqual({ id: 'api', secret: 's' });
  });

  it.each<[string, string]>([
    ['another scheme', 'Bearer YXBpOnM='],
    ['no space', basic('api:s', 'Basic')],
    ['nothing', 'Basic '],
    ['no colon', basic('api')],
    ['an empty id', basic(':s')],
    ['an empty secret', basic('api:')],
    ['a broken percent sequence', basic('api:100%')],
    ['percent-encoded bytes that are no UTF-8', basic('api:%FF')],
    ['bytes that are no UTF-8', basic(Buffer.from([0x61, 0x3a, 0xff]))],
    ['base64url', `Basic ${Buffer.from('api:???>').toString('base64url')}`],
    ['missing padding', basic('api:s').replace(/=+$/, '')],
    ['a second credential', `${basic('api:s')}, ${basic('b:t')}`],
    ['too long a header', basic(`api:${'s'.repeat(4_096)}`)],
  ])('refuses %s', (_, header) => {
    expect(parseBasic(header)).toBeNull();
  });
});
