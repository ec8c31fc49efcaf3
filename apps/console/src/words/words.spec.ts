import { describe, expect, it } from '@jest/globals';
import {
  durationWords,
  nameAndId,
  shortDigest,
  shortDuration,
  statusWords,
  stepWords,
  titleOf,
  usesWords,
  whyNotWords,
} from './words.js';

describe('words', () => {
  it('say a length of time by its two largest units', () => {
    expect([0, 1, 90, 300, 3_700, 90_061].map(durationWords)).toEqual([
      'under a second',
      '1 second',
      '1 minute 30 seconds',
      '5 minutes',
      '1 hour 1 minute',
      '1 day 1 hour',
    ]);
    expect([-5, 59, 60, 7_300].map(shortDuration)).toEqual(['0 s', '59 s', '1 min', '2 h']);
  });

  it('never call unlimited a number', () => {
    expect([usesWords(null), usesWords(1), usesWords(2)]).toEqual(['unlimited uses', '1 use', '2 uses']);
  });

  it('show an id beside every name, and nothing invisible in either', () => {
    expect(nameAndId('Bob', 'bob')).toBe('Bob (bob)');
    expect([nameAndId('bob', 'bob'), nameAndId(null, 'bob'), nameAndId('', 'bob')]).toEqual(['bob', 'bob', 'bob']);
    expect(nameAndId('Al\u202eice', 'alice')).toBe('Al\\u{202e}ice (alice)');
  });

  it('show of a digest what the card in Slack shows', () => {
    expect(shortDigest(`sha256:7fe46c5507d9${'0'.repeat(52)}`)).toBe('7fe46c5507d9');
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
