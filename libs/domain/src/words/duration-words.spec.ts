import { describe, expect, it } from '@jest/globals';
import { durationWords, roughDuration } from './duration-words.js';

describe('a length of time in words', () => {
  it('loses nothing where somebody decides about it', () => {
    expect([0, 1, 90, 300, 3_600, 90_061].map(durationWords)).toEqual([
      '0 seconds',
      '1 second',
      '1 minute 30 seconds',
      '5 minutes',
      '1 hour',
      '1 day 1 hour 1 minute 1 second',
    ]);
  });

  it('is its two largest units where it was measured', () => {
    expect([0, 1, 90, 300, 3_700, 90_061].map(roughDuration)).toEqual([
      'under a second',
      '1 second',
      '1 minute 30 seconds',
      '5 minutes',
      '1 hour 1 minute',
      '1 day 1 hour',
    ]);
  });
});
