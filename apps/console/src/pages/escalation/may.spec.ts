import { describe, expect, it } from '@jest/globals';
import type { Context, Escalation, May } from '../../api/types.js';
import { mayNow } from './may.js';

const MAY: May = { decide: true, why_not: null, revoke: false, nudge: false };
const asked = (status: string, ...voters: string[]): Escalation =>
  ({ status, grant: null, votes: voters.map((person) => ({ person })) }) as unknown as Escalation;
const around = (may: May | null, ...voters: string[]): Context =>
  ({ may, votes: voters.map((person) => ({ person })) }) as unknown as Context;

describe('what this person may do now', () => {
  it('is unknown until the broker has said', () => {
    expect(mayNow(asked('pending'), null, 'bob')).toBeNull();
    expect(mayNow(asked('pending'), around(null), 'bob')).toBeNull();
  });

  it('is what the broker says of a request that has not moved on', () => {
    expect(mayNow(asked('pending', 'carol'), around(MAY, 'carol'), 'bob')).toEqual(MAY);
  });

  it('is no vote once the request is decided, or this person has voted since', () => {
    expect(mayNow(asked('denied'), around(MAY), 'bob')).toMatchObject({ decide: false, why_not: 'already_decided' });
    expect(mayNow(asked('pending', 'bob'), around(MAY), 'bob')).toMatchObject({
      decide: false,
      why_not: 'already_voted',
    });
  });

  it('is still the vote of whoever bears the id of somebody who voted and left', () => {
    expect(mayNow(asked('pending', 'bob'), around(MAY, 'bob'), 'bob')).toEqual(MAY);
    expect(mayNow(asked('pending', 'bob', 'bob'), around(MAY, 'bob'), 'bob')).toMatchObject({ decide: false });
  });
});
