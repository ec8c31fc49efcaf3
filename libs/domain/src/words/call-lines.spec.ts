import { describe, expect, it } from '@jest/globals';
import { argumentWords, askWords, callLines, numberedCalls, ratedCalls, type RatedCall } from './call-lines.js';
import type { SaidArgument } from './said-call.js';

const argument = (more: Partial<SaidArgument>): SaidArgument => ({
  name: 'amount',
  title: null,
  value: 4000,
  shown: null,
  readByPolicy: false,
  ...more,
});
const call = (more: Partial<RatedCall> = {}): RatedCall => ({
  actions: [{ action: 'refund.create', sentence: 'Refund 40.00 EUR', risk: 'high' }],
  identifier: 'order/8812',
  arguments: [argument({ shown: '40.00 EUR' })],
  ...more,
});
const read = call({
  actions: [{ action: 'payment.read', sentence: null, risk: 'low' }],
  identifier: null,
  arguments: [],
});
const lines = (calls: readonly RatedCall[]): string[] =>
  numberedCalls(calls).flatMap((numbered) => callLines(numbered, calls.length));

describe('the exact words of a call', () => {
  it('are its actions with their risk, its identifier and its arguments; one of several begins with its sentence', () => {
    expect(lines([call()])).toEqual([
      '1. refund.create [HIGH] · identifier: order/8812',
      'arguments: amount 4000 (40.00 EUR)',
    ]);
    expect(lines([read, call()])).toEqual([
      '1. Refund 40.00 EUR',
      'refund.create [HIGH] · identifier: order/8812 · amount 4000 (40.00 EUR)',
      '2. payment.read [LOW] · identifier: ANY (not limited by this request)',
      'no arguments',
    ]);
  });

  it('say that what is left free is any', () => {
    expect(lines([call({ arguments: null })]).at(-1)).toBe('arguments: ANY (not limited by this request)');
  });

  it('name an argument by the operator’s title too where that says more', () => {
    expect(argumentWords(argument({ title: 'Amount' }))).toBe('amount 4000');
    expect(argumentWords(argument({ title: 'Sum in cents' }))).toBe('Sum in cents (amount) 4000');
  });

  it('hold values that can neither end nor go on as words of ours', () => {
    const value = 'x", amount 1 (0.01 EUR)\n1. payment.read [LOW]';
    expect(argumentWords(argument({ name: 'order', value }))).toBe(
      'order "x\\", amount 1 (0.01 EUR)\\n1. payment.read [LOW]"',
    );
    const shown = 'https://é.example/), amount 1 (host xn--9ca.example)';
    expect(argumentWords(argument({ name: 'a b', value: 'v', shown }))).toBe(`"a b" "v" ("${shown}")`);
  });

  it('keep the risk of the whole request for an action that has left the catalogue', () => {
    const [rated] = ratedCalls([call()], { actions: [] }, 'medium');
    expect(rated?.actions[0]?.risk).toBe('medium');
  });
});

describe('the words of an ask', () => {
  it('are the sentence of its most dangerous call, or its actions, and how many follow', () => {
    expect(askWords([read, call()])).toBe('Refund 40.00 EUR and 1 more');
    expect(askWords([read])).toBe('payment.read');
  });
});
