import { describe, expect, it } from '@jest/globals';
import type { Escalation } from '../api/types.js';
import {
  nameAndId,
  shortDuration,
  statusWords,
  stepWords,
  titleOf,
  totalWords,
  verbLine,
  whatWords,
  whyNotWords,
} from './words.js';

describe('words', () => {
  it('say a clock that runs by its largest unit', () => {
    expect([-5, 59, 60, 7_300].map(shortDuration)).toEqual(['0 s', '59 s', '1 min', '2 h']);
  });

  it('show an id beside every name, and nothing invisible in either', () => {
    expect(nameAndId('Bob', 'bob')).toBe('Bob (bob)');
    expect([nameAndId('bob', 'bob'), nameAndId(null, 'bob'), nameAndId('', 'bob')]).toEqual(['bob', 'bob', 'bob']);
    expect(nameAndId('Al\u202eice', 'alice')).toBe('Al\\u{202e}ice (alice)');
  });

  it('name nobody as the cause of a cancelled request: agents withdraw them, and so do suspensions and restores', () => {
    expect(statusWords('cancelled')).toBe('Cancelled');
  });

  it('count a list as far as it was read', () => {
    expect(titleOf('Agents', null)).toBe('Agents');
    expect(titleOf('Agents', { items: ['a', 'b'], more: false })).toBe('Agents');
    expect(titleOf('Agents', { items: ['a', 'b'], more: true })).toBe('Agents (2+)');
  });

  it('have a sentence also for what a later broker may say', () => {
    expect(whyNotWords('owner_of_the_agent')).toBe('You own this agent, so others decide.');
    expect(whyNotWords('on_holiday')).toBe('You may not decide this one.');
    expect(stepWords('deputy_asked', 'leads')).toBe('leads is asked as deputy');
    expect(stepWords('pigeon_sent')).toBe('pigeon sent');
  });
});

describe('the words of a request', () => {
  const ask = (sentences: readonly (string | null)[], status = 'pending'): Escalation =>
    ({
      status,
      agent_name: 'Support bot',
      resource_name: 'Payments',
      request: { authorization_details: sentences.map(() => ({ type: 'tool_call', actions: ['refund.create'] })) },
      calls: sentences.map((sentence) => ({ actions: [{ action: 'refund.create', sentence }] })),
    }) as unknown as Escalation;

  it('are the operator’s sentence, and how many calls stand behind it', () => {
    expect(verbLine(ask(['Refund 40.00 EUR']))).toBe('Support bot wants: Refund 40.00 EUR');
    expect(whatWords(ask(['Refund 40.00 EUR', 'Refund 1.00 EUR', 'Refund 2.00 EUR']))).toBe(
      'Refund 40.00 EUR, and 2 more calls',
    );
  });

  it('are actions and resource as soon as one action has no sentence', () => {
    expect(verbLine(ask([null], 'approved'))).toBe('Support bot asked for refund.create on Payments');
    expect(whatWords(ask(['Refund 40.00 EUR', null]))).toBe('refund.create on Payments');
  });

  it('make nothing invisible of what a sentence hides', () => {
    expect(whatWords(ask(['Refund \u202e00.04']))).toBe('Refund \\u{202e}00.04');
  });

  it('count what waits, and say where the count ended', () => {
    expect(totalWords({ total: 200, more_than_total: false })).toBe('200');
    expect(totalWords({ total: 1_000, more_than_total: true })).toBe('1,000+');
  });
});
