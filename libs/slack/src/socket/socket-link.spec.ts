import { describe, expect, it } from '@jest/globals';
import { line } from '../redacting-logger.js';
import { pauseAfter } from './socket-link.js';

const pace = { firstPauseMs: 1_000, longestPauseMs: 60_000, steadyAfterMs: 10_000 };

describe('the pause before the next connection', () => {
  it('is none after a connection that lived, and doubles with each failure up to its cap', () => {
    expect([0, 1, 2, 3, 7, 5_000].map((failures) => pauseAfter(failures, pace, 0.999_999))).toEqual(
      [0, 1_000, 2_000, 4_000, 60_000, 60_000].map((ms) => expect.closeTo(ms, -1)),
    );
  });

  it('differs between replicas that failed together, by half at most', () => {
    expect(pauseAfter(3, pace, 0)).toBe(2_000);
    expect(pauseAfter(3, pace, 0.5)).toBe(3_000);
  });
});

it('an address of a socket never stands in the log: its ticket opens the connection', () => {
  expect(line(['cannot open wss://wss-primary.slack.com/link/?ticket=1-2&app_id=3'])).toBe(
    'slack: cannot open [redacted]',
  );
});
