import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseSlackBody, type RawHeaders, verifySlackDelivery } from './ingress.js';

const secret = 'a signing secret';
const now = 1_700_000_000;
const form = 'application/x-www-form-urlencoded';
const rawBody = Buffer.from('payload=%7B%22type%22%3A%22block_actions%22%7D');

function hmac(stamp: string, body: Buffer = rawBody, key = secret): string {
  return createHmac('sha256', key).update(`v0:${stamp}:`).update(body).digest('hex');
}
function headers(over: RawHeaders = {}, stamp = String(now)): RawHeaders {
  return {
    'content-type': form,
    'x-slack-request-timestamp': stamp,
    'x-slack-signature': `v0=${hmac(stamp)}`,
    ...over,
  };
}
const verdict = (over: RawHeaders = {}, stamp?: string, body = rawBody, signingSecret = secret) =>
  verifySlackDelivery({ rawBody: body, headers: headers(over, stamp), signingSecret, nowSeconds: now });

describe('a delivery of Slack', () => {
  it('passes with the right signature, and its replay key is the HMAC', () => {
    expect(verdict()).toEqual({ ok: true, replayKey: hmac(String(now)) });
  });

  it.each([0, 1, 299, 300, -1, -60])('passes at an age of %i seconds', (age) => {
    expect(verdict({}, String(now - age)).ok).toBe(true);
  });

  it.each([301, 86_400, -61, -86_400])('is refused at an age of %i seconds', (age) => {
    expect(verdict({}, String(now - age)).ok).toBe(false);
  });

  it('is refused when one byte of the body differs, or under another secret, or with none', () => {
    expect(verdict({}, undefined, Buffer.from(`${rawBody.toString()} `)).ok).toBe(false);
    expect(verdict({ 'x-slack-signature': `v0=${hmac(String(now), rawBody, 'another')}` }).ok).toBe(false);
    expect(verdict({ 'x-slack-signature': `v0=${hmac(String(now), rawBody, '')}` }, undefined, rawBody, '').ok).toBe(
      false,
    );
  });

  const right = `v0=${hmac(String(now))}`;
  it.each([
    `${right}=anything`,
    ` ${right}`,
    `${right} `,
    `${right}\n`,
    `${right}, ${right}`,
    right.toUpperCase(),
    right.replace('v0', 'v1'),
    right.slice(3),
    right.slice(0, -1),
    '',
  ])('is refused with the signature header written %j', (signature) => {
    expect(verdict({ 'x-slack-signature': signature }).ok).toBe(false);
  });

  it.each([
    '1700000000.0',
    '0x6553f100',
    ' 1700000000',
    '1700000000\n',
    '+1700000000',
    '1.7e9',
    '01700000000',
    '',
    '1700000000, 1700000000',
  ])('is refused with the stamp written %j, even when that is what was signed', (stamp) => {
    expect(verdict({}, stamp).ok).toBe(false);
  });

  it.each(['x-slack-signature', 'x-slack-request-timestamp', 'content-type'])(
    'is refused with %s missing or doubled',
    (name) => {
      const value = headers()[name] as string;
      expect(verdict({ [name]: undefined }).ok).toBe(false);
      expect(verdict({ [name]: [value, value] }).ok).toBe(false);
      expect(verdict({ [name]: [value] }).ok).toBe(false);
      expect(verdict({ [name.toUpperCase()]: value }).ok).toBe(false);
    },
  );

  it.each([`${form}; charset=utf-8`, 'text/plain', 'multipart/form-data', 'APPLICATION/JSON', ''])(
    'is refused with the content type %j',
    (type) => expect(verdict({ 'content-type': type }).ok).toBe(false),
  );

  it('is refused when encoded', () => {
    expect(verdict({ 'content-encoding': 'gzip' }).ok).toBe(false);
  });
});

describe('a verified body', () => {
  const parse = (text: string, type = form) => parseSlackBody(Buffer.from(text), type);
  const payload = (value: unknown) => `payload=${encodeURIComponent(JSON.stringify(value))}`;
  const click = { type: 'block_actions', actions: [] };

  it('is an interaction when it is exactly one payload field', () => {
    expect(parse(payload(click))).toEqual({ kind: 'interaction', payload: click });
  });

  it.each([
    `${payload(click)}&${payload({ type: 'view_submission' })}`,
    `ssl_check=1&${payload(click)}`,
    `${payload(click)}&command=%2Fwrit`,
    'ssl_check=1&token=x',
    'payload=',
    'payload=%5B%5D',
    'payload=%7B',
    payload({ type: 'unheard_of' }),
    payload({}),
    '',
    'payload=%FF%FE',
  ])('is nothing when it is %j', (text) => {
    expect(parse(text)).toBeNull();
  });

  it('is nothing when its bytes are not UTF-8', () => {
    expect(parseSlackBody(Buffer.from([0x7b, 0xff, 0x7d]), 'application/json')).toBeNull();
  });

  it('reads events and the challenge from JSON, and never a click', () => {
    expect(parse('{"type":"url_verification","challenge":"c"}', 'application/json')).toEqual({
      kind: 'url_verification',
      challenge: 'c',
    });
    expect(parse('{"type":"event_callback","event":{}}', 'application/json')?.kind).toBe('event');
    expect(parse(JSON.stringify(click), 'application/json')).toBeNull();
  });

  it('reads a command whose fields stand once', () => {
    const command = 'command=%2Fwrit&team_id=T1&user_id=U1&api_app_id=A1&text=list';
    expect(parse(command)?.kind).toBe('command');
    expect(parse(`${command}&user_id=U2`)).toBeNull();
    expect(parse('command=%2Fwrit')).toBeNull();
  });

  it('is nothing when it is nested deeply, brackets in strings aside', () => {
    expect(
      parse(`{"type":"event_callback","a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'application/json'),
    ).toBeNull();
    expect(parse(`{"type":"event_callback","a":"\\"${'['.repeat(500)}"}`, 'application/json')?.kind).toBe('event');
  });
});
