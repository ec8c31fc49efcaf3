import { describe, expect, it } from '@jest/globals';
import { eligibleSitters, ineligibility, isOf, type Candidate } from '#domain/approval/eligibility.js';

const GATES = [{ group: 'oncall', quorum: 1 }];
const NOBODY = { owner: 'alice', chain: [] };
const bob: Candidate = { person: 'bob', roles: ['approver'], groups: ['oncall'] };

describe('a person may vote', () => {
  it('as an approver in a group that is asked', () => {
    expect(ineligibility(bob, GATES, NOBODY)).toBeNull();
    expect(
      ineligibility({ ...bob, roles: ['auditor', 'approver'], groups: ['x', 'oncall'] }, GATES, NOBODY),
    ).toBeNull();
  });
});

describe('a person may not vote', () => {
  it.each([
    ['whom nobody knows', null, NOBODY, 'unknown_person'],
    ['who owns the agent', { ...bob, person: 'alice' }, NOBODY, 'owner_of_the_agent'],
    [
      'who is in the delegation chain',
      bob,
      {
        owner: 'alice',
        chain: [
          { iss: 'x', sub: 'agent:a' },
          { iss: 'x', sub: 'bob' },
        ],
      },
      'in_the_delegation_chain',
    ],
    [
      'who is in the chain as a user',
      bob,
      { owner: 'alice', chain: [{ iss: 'x', sub: 'user:bob' }] },
      'in_the_delegation_chain',
    ],
    [
      'who owns an agent that handed the work on',
      bob,
      { ...NOBODY, ancestorOwners: ['erin', 'bob'] },
      'in_the_delegation_chain',
    ],
    ['without the role', { ...bob, roles: ['operator', 'auditor'] as const }, NOBODY, 'not_an_approver'],
    ['outside the groups', { ...bob, groups: ['security'] }, NOBODY, 'not_in_group'],
    ['of no group', { ...bob, groups: [] }, NOBODY, 'not_in_group'],
  ])('%s', (_name, voter, interested, why) => {
    expect(ineligibility(voter, GATES, interested)).toBe(why);
  });

  it('when no group is asked', () => {
    expect(ineligibility(bob, [], NOBODY)).toBe('not_in_group');
  });
});

it('only those who may vote are sitters', () => {
  const voters: Candidate[] = [
    bob,
    { ...bob, person: 'alice' },
    { ...bob, person: 'carol', groups: ['oncall', 'security'] },
    { ...bob, person: 'dave', groups: [] },
  ];
  expect(eligibleSitters(voters, GATES, NOBODY)).toEqual([
    { person: 'bob', groups: ['oncall'] },
    { person: 'carol', groups: ['oncall', 'security'] },
  ]);
});

describe('a row that names a person', () => {
  const bobNow = { ...bob, uid: 'per_2', since: 2_000 };

  it('is about whoever bore the id then', () => {
    expect(isOf({ person: 'bob', personUid: 'per_2', at: 3_000 }, bobNow)).toBe(true);
    expect(isOf({ person: 'bob', personUid: 'per_1', at: 3_000 }, bobNow)).toBe(false);
    expect(isOf({ person: 'carol', personUid: 'per_2', at: 3_000 }, bobNow)).toBe(false);
  });

  it('from before people had uids is about whoever was there at its time', () => {
    expect(isOf({ person: 'bob', personUid: null, at: 2_000 }, bobNow)).toBe(true);
    expect(isOf({ person: 'bob', personUid: null, at: 1_999 }, bobNow)).toBe(false);
  });
});
