import { describe, expect, it } from '@jest/globals';
import type { Escalation } from '../../api/types.js';
import { limitsOf, wholeOf, withAction } from './cuts.js';

const ask = {
  request: {
    requested_ttl: 300,
    max_uses: null,
    authorization_details: [
      { type: 'tool_call', actions: ['refund.create'], identifier: 'order/1', arguments: { order: '1' } },
      { type: 'tool_call', actions: ['payment.read', 'payment.annotate'] },
    ],
  },
} as unknown as Escalation;
const whole = wholeOf(ask);

describe('the form for less', () => {
  it('begins with the whole ask, which is no cut', () => {
    expect(limitsOf(ask, whole)).toEqual({ limits: null, fault: expect.stringContaining('Nothing is cut') });
  });

  it('sends only what was cut', () => {
    expect(limitsOf(ask, { ...whole, ttl: '60' }).limits).toEqual({ ttl: 60 });
    expect(limitsOf(ask, { ...whole, uses: '1' }).limits).toEqual({ max_uses: 1 });
  });

  it('keeps what stays of a call as it was asked, and leaves out a call of which nothing stays', () => {
    expect(limitsOf(ask, withAction(whole, 1, 1, false)).limits).toEqual({
      authorization_details: [ask.request.authorization_details[0], { type: 'tool_call', actions: ['payment.read'] }],
    });
    expect(limitsOf(ask, withAction(whole, 0, 0, false)).limits).toEqual({
      authorization_details: [ask.request.authorization_details[1]],
    });
  });

  it('widens nothing and keeps something', () => {
    for (const ttl of ['', '0', '301', '1.5', 'x'])
      expect([ttl, limitsOf(ask, { ...whole, ttl }).limits]).toEqual([ttl, null]);
    for (const uses of ['0', '1001', '2.5', 'x'])
      expect([uses, limitsOf(ask, { ...whole, uses }).limits]).toEqual([uses, null]);
    const nothing = { ...whole, kept: whole.kept.map((row) => row.map(() => false)) };
    expect(limitsOf(ask, nothing)).toEqual({ limits: null, fault: expect.stringContaining('deny') });
  });
});
