import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { readBody } from './body-reader.js';
import { EscalationBody } from '../ask/escalation.dto.js';
import { CompletionBody } from '../end/grant-end.dto.js';
import { ConsumeBody } from '../use/consume.dto.js';
import { DecisionBody } from '../decide/decision.dto.js';

const CALL = { token: 'x.y.z', action: 'refund.create', call_id: 'c1' };
const ASK = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
  task: { id: 'run-1' },
};

function refusalOf(type: new () => object, json: unknown): Pick<Refusal, 'code' | 'errors'> {
  const read = readBody(type, json);
  if (!isRefusal(read)) throw new Error('it was accepted');
  return { code: read.code, errors: read.errors };
}

const isMachinery = (key: string): boolean => key in Object.prototype || key === 'prototype' || key.startsWith('__');
const plain = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  Object.entries(value).every(([key, inner]) => !isMachinery(key) && plain(inner));

describe('a body is read', () => {
  it('as its class, with its values untouched', () => {
    const read = readBody(EscalationBody, ASK);
    expect(read).toBeInstanceOf(EscalationBody);
    expect(JSON.parse(JSON.stringify(read))).toEqual(ASK);
  });

  it('with arguments of any JSON exactly as they came', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()).filter(plain), (args) => {
        const sent = JSON.parse(JSON.stringify(args)) as Record<string, unknown>;
        const read = readBody(ConsumeBody, { ...CALL, arguments: sent });
        expect(JSON.parse(JSON.stringify(read))).toEqual({ ...CALL, arguments: sent });
      }),
    );
  });

  it('without turning texts into numbers or numbers into texts', () => {
    expect(refusalOf(EscalationBody, { ...ASK, requested_ttl: '300' }).code).toBe('invalid_request');
    expect(refusalOf(EscalationBody, { ...ASK, break_glass: 'false' }).code).toBe('invalid_request');
    expect(refusalOf(EscalationBody, { ...ASK, task: { id: 7 } }).code).toBe('invalid_request');
  });
});

describe('a body is refused', () => {
  it.each([[null], [undefined], [[]], ['x'], [7], [true]])('when it is %j', (json) => {
    expect(refusalOf(CompletionBody, json)).toEqual({
      code: 'invalid_request',
      errors: [{ pointer: '', rule: 'must be an object' }],
    });
  });

  it('with every fault at once, one for each member', () => {
    const { code, errors } = refusalOf(EscalationBody, {
      resource: 7,
      authorization_details: [],
      task: { id: '', more: 1 },
      requested_ttl: 0,
    });
    expect(code).toBe('invalid_request');
    expect(errors?.map((fault) => fault.pointer)).toEqual([
      '/resource',
      '/authorization_details',
      '/requested_ttl',
      '/task/more',
      '/task/id',
    ]);
  });

  it('for a wrong type, though the wrong type also breaks a bound', () => {
    for (const wrong of ['15m', [5], {}, true, null, 900.5, 5000.5]) {
      expect(refusalOf(EscalationBody, { ...ASK, requested_ttl: wrong })).toMatchObject({
        code: 'invalid_request',
        errors: [{ rule: 'must be an integer number' }],
      });
    }
  });

  it('for a wrong shape sooner than for a value out of range', () => {
    expect(refusalOf(EscalationBody, { ...ASK, requested_ttl: 0, max_uses: '1' }).code).toBe('invalid_request');
    expect(refusalOf(EscalationBody, { ...ASK, requested_ttl: 0, surprise: 1 }).code).toBe('unknown_field');
    expect(refusalOf(EscalationBody, { ...ASK, requested_ttl: 0, justification: 'x'.repeat(2_001) }).code).toBe(
      'out_of_range',
    );
  });

  it.each([
    'constructor',
    'prototype',
    'hasOwnProperty',
    'isPrototypeOf',
    'propertyIsEnumerable',
    'toString',
    'valueOf',
    'toLocaleString',
  ])('for a member %s, at any depth', (key) => {
    expect(refusalOf(CompletionBody, { outcome: 'failed', [key]: 1 })).toEqual({
      code: 'unknown_field',
      errors: [{ pointer: `/${key}`, rule: 'is not known here' }],
    });
    expect(refusalOf(ConsumeBody, { ...CALL, arguments: { 'a/b': [{ [key]: 1 }] } }).errors).toEqual([
      { pointer: `/arguments/a~1b/0/${key}`, rule: 'is not known here' },
    ]);
  });

  it('for a list inside a list of objects', () => {
    const nested = [ASK.authorization_details];
    expect(refusalOf(EscalationBody, { ...ASK, authorization_details: nested })).toMatchObject({
      code: 'invalid_authorization_details',
      errors: [{ pointer: '/authorization_details/0' }],
    });
    expect(refusalOf(CompletionBody, { outcome: 'failed', evidence: [[]] })).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/evidence/0' }],
    });
    const decision = {
      verdict: 'approve',
      digest: `sha256:${'0'.repeat(64)}`,
      limits: { authorization_details: nested },
    };
    expect(refusalOf(DecisionBody, decision)).toMatchObject({
      code: 'invalid_authorization_details',
      errors: [{ pointer: '/limits/authorization_details/0' }],
    });
  });

  it('in words that do not repeat the name the pointer gives', () => {
    expect(refusalOf(ConsumeBody, { ...CALL, call_id: 'two words' }).errors).toEqual([
      { pointer: '/call_id', rule: 'must be visible ASCII without spaces' },
    ]);
  });
});

describe('a body without members', () => {
  class Nothing {}

  it('is an empty object and nothing else', () => {
    expect(readBody(Nothing, {})).toBeInstanceOf(Nothing);
    expect(readBody(Nothing, { loud: true })).toMatchObject({
      code: 'unknown_field',
      errors: [{ pointer: '/loud', rule: 'is not known here' }],
    });
    expect(readBody(Nothing, null)).toMatchObject({ code: 'invalid_request' });
  });
});
