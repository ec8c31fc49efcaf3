import { describe, expect, it } from '@jest/globals';
import { CANCEL_CAUSES } from '../escalation/lifecycle.js';
import { END_REASONS } from '../grant/lifecycle.js';
import { cancelledWords, endWords, endWordsOf } from './end-words.js';

describe('why a grant ended, in words', () => {
  it('is another sentence for each reason, and none is a code', () => {
    const said = END_REASONS.map(endWords);
    expect(new Set(said).size).toBe(END_REASONS.length);
    for (const words of said) expect(words).toMatch(/^[a-z][a-z ]+$/);
  });

  it.each([['__proto__'], ['toString'], ['struck_by_lightning'], [7], [null], [undefined]])(
    'is nothing for %p, which is no reason',
    (reason) => {
      expect(endWordsOf(reason)).toBeNull();
    },
  );
});

describe('how a request was cancelled, in words', () => {
  it('names the agent that did it, and otherwise says why', () => {
    expect(cancelledWords('cancelled_by_agent')).toBe('cancelled by the agent');
    expect(cancelledWords('cancelled_by_agent', 'support-bot')).toBe('cancelled by support-bot');
    expect(cancelledWords('parent_ended', 'support-bot')).toBe('cancelled: the grant it came from ended');
    expect(new Set(CANCEL_CAUSES.map((cause) => cancelledWords(cause))).size).toBe(CANCEL_CAUSES.length);
  });

  it.each([['toString'], ['__proto__'], ['struck_by_lightning'], [null], [undefined]])(
    'claims nothing of %p, which is no cause',
    (cause) => {
      expect(cancelledWords(cause, 'support-bot')).toBe('cancelled');
    },
  );

  it('is the same where one thing ends grants and cancels requests', () => {
    for (const code of ['agent_suspended', 'restored', 'parent_ended'] as const)
      expect(cancelledWords(code)).toBe(`cancelled: ${endWords(code)}`);
  });
});
