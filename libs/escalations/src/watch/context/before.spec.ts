import { describe, expect, it } from '@jest/globals';
import type { EventRow } from '../history.js';
import { keptBefore, shownWith, type Before } from './before.js';

const AT = Date.parse('2026-11-30T09:25:46.000Z');
const BEFORE: Before = {
  at: AT,
  recentGrants: [{ action: 'refund.create', resource: 'https://payments.example', count: 2, lastAt: AT - 60_000 }],
  sameAsk: {
    approved: 1,
    denied: 1,
    last: { status: 'denied', at: AT - 120_000 },
    denials: [{ by: { kind: 'person', id: 'carol' }, reason: 'Twice.', at: AT - 120_000 }],
  },
};
const vote = { person: 'bob', verdict: 'approve', at: AT } as const;

function cast(person: string, data: Record<string, unknown>): EventRow {
  return {
    seq: '1',
    id: 'evt_1',
    at: AT,
    type: 'vote.recorded',
    actor: { kind: 'person', id: person },
    escalation: 'esc_1',
    grant: null,
    agent: 'support-bot',
    data: { verdict: 'approve', via: 'rest', ...data },
  };
}

describe('what was shown with a vote', () => {
  it('reads back as it was kept, also by way of JSON', () => {
    const kept = JSON.parse(JSON.stringify(keptBefore(BEFORE))) as Record<string, unknown>;
    expect(shownWith(vote, [cast('carol', {}), cast('bob', { shown: kept })])).toEqual(BEFORE);
  });

  it('was not kept with a vote from before it was', () => {
    expect(shownWith(vote, [cast('bob', {})])).toBe('not_kept');
  });

  it('is missing where the entry of the vote is', () => {
    expect(shownWith(vote, [])).toBe('missing');
    expect(shownWith(vote, [cast('carol', { shown: keptBefore(BEFORE) })])).toBe('missing');
  });
});
