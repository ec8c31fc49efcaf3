import { describe, expect, it } from '@jest/globals';
import { whyNotSentence, whyNotWords, whyNotWordsOf } from './why-not-words.js';

describe('why a person may not decide', () => {
  it('is one clause, which is a sentence too', () => {
    expect(whyNotWords('owner_of_the_agent')).toBe('you own this agent, so others decide');
    expect(whyNotSentence('owner_of_the_agent')).toBe('You own this agent, so others decide.');
  });

  it.each([['__proto__'], ['constructor'], ['on_holiday'], [7], [null]])(
    'is nothing for %p, which is no reason',
    (why) => {
      expect(whyNotWordsOf(why)).toBeNull();
    },
  );
});
