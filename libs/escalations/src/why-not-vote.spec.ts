import { describe, expect, it } from '@jest/globals';
import type { Voter } from '#domain/approval/eligibility.js';
import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { VoteRow } from './rows/vote.js';
import { voteRefusal } from './decide/vote-refusal.js';
import { isRepeated, whyNotVote } from './why-not-vote.js';

const NOW = 1_800_000_000_000;
const ASKED = {
  digest: 'sha256:shown',
  status: 'pending' as EscalationStatus,
  ownerId: 'alice',
  request: { chain: [] },
  policy: { gates: [{ group: 'oncall', quorum: 2 }] },
  createdAt: NOW - 60_000,
  deadline: NOW + 60_000,
  decidedAt: null,
  barredAt: null,
  parents: null,
  ancestors: [],
  restoredAt: null,
};
const BOB: Voter = { person: 'bob', roles: ['approver'], groups: ['oncall'], uid: 'per_2', since: NOW - 1_000 };

function vote(changes: Partial<VoteRow> = {}): VoteRow {
  const { person, uid: personUid } = BOB;
  const given = { id: 'vote_1', escalationId: 'esc_1', digest: ASKED.digest, limits: null, reason: null, mac: '' };
  const how = { via: 'rest', stepUp: null, groups: ['oncall'], killedAt: null } as const;
  return { ...given, ...how, person, personUid, verdict: 'approve', at: NOW - 500, ...changes };
}
const killed = { killedAt: NOW - 100 };
const judged = (votes: readonly VoteRow[], row: Partial<typeof ASKED> = {}, voter: Voter | null = BOB) =>
  whyNotVote({ ...ASKED, ...row }, voter, votes, ASKED.digest, NOW);

describe('a person may vote', () => {
  it('when nothing speaks against it, whatever others voted', () => {
    expect(judged([vote({ person: 'carol', personUid: 'per_3' })])).toBeNull();
  });

  it('when whoever bore their id before has voted', () => {
    expect(judged([vote({ personUid: 'per_1' })])).toBeNull();
    expect(judged([vote({ personUid: null, at: BOB.since - 1 })])).toBeNull();
  });

  it('on the request as it stands, where nobody says what they were shown', () => {
    expect(whyNotVote({ ...ASKED, digest: 'sha256:other' }, BOB, [], null, NOW)).toBeNull();
  });
});

describe('a person may not vote', () => {
  it.each([
    ['unknown to the configuration', null, 'unknown_person'],
    ['without the role', { ...BOB, roles: [] }, 'not_an_approver'],
    ['in none of the groups', { ...BOB, groups: [] }, 'not_in_group'],
    ['as the owner of the agent', { ...BOB, person: 'alice' }, 'owner_of_the_agent'],
  ] as const)('%s', (_, voter, why) => {
    expect(judged([vote()], { digest: 'sha256:other', status: 'denied' }, voter)).toEqual({
      code: 'not_eligible',
      why,
    });
  });

  it('on what they were not shown, before anything is said of how it stands', () => {
    expect(judged([vote()], { digest: 'sha256:other', status: 'denied' })).toEqual({ code: 'stale_digest' });
  });

  it.each([
    ['decided', { status: 'denied' as const }, 'denied'],
    ['lapsed, whether that is written or not', { deadline: NOW }, 'lapsed'],
  ])('on a request that is %s', (_, row, status) => {
    expect(judged([], row)).toEqual({ code: 'already_decided', status, own: null });
  });

  it('twice', () => {
    expect(judged([vote()])).toMatchObject({ code: 'already_voted', endedByKill: false });
  });

  it('again when a kill switch has ended their approval: it was cast', () => {
    const why = judged([vote(killed)]);
    expect(why).toMatchObject({ code: 'already_voted', endedByKill: true });
    expect(why && voteRefusal(why)).toMatchObject({ code: 'already_voted', facts: { ended_by: 'kill_switch' } });
  });

  it('again after a denial, which no switch ends', () => {
    expect(judged([vote({ verdict: 'deny', ...killed })])).toMatchObject({ endedByKill: false });
  });
});

describe('saying the same again', () => {
  const repeats = (verdict: 'approve' | 'deny', ...asked: Parameters<typeof judged>): boolean => {
    const why = judged(...asked);
    return why !== null && isRepeated(why, verdict);
  };

  it('is answered while the request is open and after it was decided', () => {
    expect(repeats('approve', [vote()])).toBe(true);
    expect(repeats('approve', [vote()], { status: 'approved' })).toBe(true);
    expect(repeats('approve', [vote(killed)], { status: 'approved' })).toBe(true);
  });

  it('is refused where that approval was ended, and is not the same with the other verdict', () => {
    expect(repeats('approve', [vote(killed)])).toBe(false);
    expect(repeats('deny', [vote()])).toBe(false);
    expect(repeats('deny', [vote()], { status: 'approved' })).toBe(false);
  });

  it('is no matter of who may not decide at all, or was shown something else', () => {
    expect(repeats('approve', [vote()], {}, { ...BOB, roles: [] })).toBe(false);
    expect(repeats('approve', [vote()], { digest: 'sha256:other' })).toBe(false);
  });
});
