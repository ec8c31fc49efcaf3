import { describe, expect, it } from '@jest/globals';
import { GRANT_BIRTH, GRANT_CHANGES, GRANT_STATES, nextGrantStatus } from '#domain/grant/lifecycle.js';

const ENDED = ['completed', 'expired', 'revoked'] as const;

describe('a grant', () => {
  it('is born ready, and only so', () => expect(Object.values(GRANT_BIRTH)).toEqual(['ready']));

  it('is activated once, from ready', () => {
    expect(GRANT_STATES.filter((state) => nextGrantStatus(state, 'activated') !== null)).toEqual(['ready']);
  });

  it('is used only while active, and stays active', () => {
    expect(GRANT_STATES.map((state) => nextGrantStatus(state, 'used'))).toEqual([null, 'active', null, null, null]);
  });

  it.each(ENDED)('ends as %s from ready and from active', (end) => {
    expect(GRANT_STATES.filter((state) => nextGrantStatus(state, end) === end)).toEqual(['ready', 'active']);
  });

  it.each(ENDED.flatMap((state) => GRANT_CHANGES.map((change) => [state, change] as const)))(
    'that is %s is not %s again: what has ended absorbs',
    (state, change) => {
      expect(nextGrantStatus(state, change)).toBeNull();
    },
  );
});
