import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  askedDeputies,
  timetableOf,
  deputiesFrom,
  isTaken,
  sittersAt,
  asDeputy,
  whyNotEligible,
  withDeputies,
  type Judged,
} from '#domain/approval/timetable.js';
import type { Candidate } from '#domain/approval/eligibility.js';
import { seat } from '#domain/approval/quorum.js';
import type { Gate } from '#domain/policy-decision.js';

const START = 1_800_000_000_000;
const GATES: Gate[] = [{ group: 'oncall', quorum: 1, deputy: 'platform' }];
const asked = (gates: readonly Gate[] = GATES, windowMs = 900_000): Judged => ({
  createdAt: START,
  deadline: START + windowMs,
  policy: { gates },
  ownerId: 'alice',
  ancestors: [],
  request: { chain: [] },
});
const voter = (person: string, ...groups: string[]): Candidate => ({ person, roles: ['approver'], groups });
const LATE = START + 720_000;

describe('the clock of a request', () => {
  it('reminds after half of the window and late in it, asks deputies with the second reminder, and ends', () => {
    expect(timetableOf(asked())).toEqual([
      { step: 'reminder', mark: 'half', at: START + 450_000 },
      { step: 'reminder', mark: 'late', at: LATE },
      { step: 'deputy_asked', at: LATE, group: 'oncall', deputy: 'platform' },
      { step: 'lapses', at: START + 900_000 },
    ]);
  });

  it('asks the deputy of each group that has one', () => {
    const gates = [...GATES, { group: 'security', quorum: 1 }, { group: 'finance', quorum: 1, deputy: 'board' }];
    expect(askedDeputies(asked(gates), LATE)).toEqual([
      { group: 'oncall', deputy: 'platform' },
      { group: 'finance', deputy: 'board' },
    ]);
  });

  it('does not remind in a window that is over before a reminder is read', () => {
    expect(timetableOf(asked([{ group: 'oncall', quorum: 1 }], 1_000))).toEqual([
      { step: 'lapses', at: START + 1_000 },
    ]);
  });

  it('has taken a reminder, and asked deputies with the second, when it was given, and the rest when its instant came', () => {
    const taken = (request: Judged, given: ('half' | 'late')[], until: number): string[] =>
      timetableOf(request).flatMap((step) => (isTaken(request, step, given, until) ? [step.step] : []));
    const [end, short] = [START + 900_000, asked(GATES, 1_000)];
    expect(taken(asked(), [], end - 1)).toEqual([]);
    expect(taken(asked(), [], end)).toEqual(['lapses']);
    expect(taken(asked(), ['half'], LATE)).toEqual(['reminder']);
    expect(taken(asked(), ['half', 'late'], LATE)).toEqual(['reminder', 'reminder', 'deputy_asked']);
    // Nobody is reminded in so short a window: its deputy is asked by the clock.
    expect(taken(short, [], START + 800)).toEqual(['deputy_asked']);
  });

  it('runs forward, whatever the window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800_000 }), (windowMs) => {
        const at = timetableOf(asked(GATES, windowMs)).map((step) => step.at);
        expect(at).toEqual([...at].sort((a, b) => a - b));
        expect(at.at(-1)).toBe(START + windowMs);
      }),
    );
  });
});

describe('a deputy', () => {
  it('decides from the instant of being asked and not a moment sooner', () => {
    const dave = voter('dave', 'platform');
    expect(whyNotEligible(asked(), dave, LATE - 1)).toBe('not_in_group');
    expect(whyNotEligible(asked(), dave, LATE)).toBeNull();
  });

  it('is held to every other rule', () => {
    expect(whyNotEligible(asked(), voter('alice', 'platform'), LATE)).toBe('owner_of_the_agent');
    expect(whyNotEligible(asked(), { ...voter('dave', 'platform'), roles: [] }, LATE)).toBe('not_an_approver');
    const chained = { ...asked(), request: { chain: [{ iss: 'x', sub: 'user:dave' }] } };
    expect(whyNotEligible(chained, voter('dave', 'platform'), LATE)).toBe('in_the_delegation_chain');
    expect(whyNotEligible(asked(), null, LATE)).toBe('unknown_person');
  });

  it('of a deputy is not asked', () => {
    expect(whyNotEligible(asked(), voter('dave', 'deputy-of-platform'), LATE)).toBe('not_in_group');
  });

  it('sits for the group it stands in for and for no other', () => {
    const gates = [...GATES, { group: 'security', quorum: 1 }];
    expect(asDeputy(voter('dave', 'platform'), asked(gates), LATE).groups).toEqual(['platform', 'oncall']);
  });

  it('is the one that the catalog named when the request was made', () => {
    const groups = [
      { id: 'oncall', members: [], slackChannel: null, deputy: 'platform' },
      { id: 'security', members: [], slackChannel: null },
    ];
    const gates = [
      { group: 'oncall', quorum: 2 },
      { group: 'security', quorum: 1 },
    ];
    expect(withDeputies({ gates }, groups).gates).toEqual([
      { group: 'oncall', quorum: 2, deputy: 'platform' },
      { group: 'security', quorum: 1 },
    ]);
  });
});

const GROUPS = ['oncall', 'security', 'finance'];
const gatesWithDeputies = fc.uniqueArray(
  fc.record(
    {
      group: fc.constantFrom(...GROUPS),
      quorum: fc.integer({ min: 1, max: 3 }),
      deputy: fc.constantFrom(...GROUPS, 'board'),
    },
    { requiredKeys: ['group', 'quorum'] },
  ),
  { selector: (gate) => gate.group, maxLength: 3 },
);
const people = fc
  .subarray(['alice', 'bob', 'carol', 'dave', 'erin'])
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.subarray([...GROUPS, 'board']).map((groups) => voter(id, ...groups)))),
  );

/** Every way of giving each person one seat or none, where a gate takes its own group and, when late, its deputy. */
function mostSeats(gates: readonly Gate[], voters: readonly Candidate[], late: boolean): number {
  const [first, ...rest] = voters;
  if (first === undefined) return 0;
  const seated = gates.flatMap((gate, index) => {
    const fits = first.groups.includes(gate.group) || (late && first.groups.includes(gate.deputy ?? ''));
    if (!fits || gate.quorum === 0 || first.person === 'alice') return [];
    const left = gates.map((other, at) => (at === index ? { ...other, quorum: other.quorum - 1 } : other));
    return [1 + mostSeats(left, rest, late)];
  });
  return Math.max(mostSeats(gates, rest, late), ...seated);
}

it('with deputies as many seats are filled as any assignment could, before and after they are asked', () => {
  fc.assert(
    fc.property(gatesWithDeputies, people, fc.boolean(), (gates, voters, late) => {
      const request = asked(gates);
      const now = late ? deputiesFrom(request) : deputiesFrom(request) - 1;
      const { seated, complete } = seat(gates, sittersAt(request, voters, now));
      const most = mostSeats(gates, voters, late);
      expect(Object.values(seated).flat()).toHaveLength(most);
      expect(complete).toBe(most === gates.reduce((sum, gate) => sum + gate.quorum, 0));
    }),
  );
});
