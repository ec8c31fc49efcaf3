import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolve, seat, type Sitter } from '#domain/approval/quorum.js';
import type { Gate } from '#domain/policy-decision.js';

const GROUPS = ['oncall', 'security', 'finance'];
const PEOPLE = ['ann', 'ben', 'cat', 'dan', 'eve'];

const gates = fc.uniqueArray(fc.record({ group: fc.constantFrom(...GROUPS), quorum: fc.integer({ min: 1, max: 3 }) }), {
  selector: (gate) => gate.group,
  maxLength: 3,
});
const sitters = fc
  .subarray(PEOPLE)
  .chain((people) =>
    fc.tuple(...people.map((person) => fc.subarray(GROUPS).map((groups): Sitter => ({ person, groups })))),
  );

/** Tries every way of giving each person one seat or none. */
function mostSeats(open: readonly Gate[], people: readonly Sitter[]): number {
  const [first, ...rest] = people;
  if (first === undefined) return 0;
  const without = mostSeats(open, rest);
  const seated = open.flatMap((gate, index) =>
    gate.quorum > 0 && first.groups.includes(gate.group)
      ? [
          1 +
            mostSeats(
              open.map((other, at) => (at === index ? { ...other, quorum: other.quorum - 1 } : other)),
              rest,
            ),
        ]
      : [],
  );
  return Math.max(without, ...seated);
}

const seatsOf = (open: readonly Gate[]): number => open.reduce((sum, gate) => sum + gate.quorum, 0);

describe('seating', () => {
  it('fills as many seats as any assignment could', () => {
    fc.assert(
      fc.property(gates, sitters, (open, people) => {
        const { seated, complete } = seat(open, people);
        expect(Object.values(seated).flat()).toHaveLength(mostSeats(open, people));
        expect(complete).toBe(mostSeats(open, people) === seatsOf(open));
      }),
    );
  });

  it('seats nobody twice, nobody outside their groups, nobody beyond a quorum', () => {
    fc.assert(
      fc.property(gates, sitters, (open, people) => {
        const { seated } = seat(open, people);
        const all = Object.values(seated).flat();
        expect(new Set(all).size).toBe(all.length);
        for (const gate of open) {
          expect(seated[gate.group]?.length).toBeLessThanOrEqual(gate.quorum);
          for (const person of seated[gate.group] ?? [])
            expect(people.find((sitter) => sitter.person === person)?.groups).toContain(gate.group);
        }
      }),
    );
  });

  it('is complete for the same people in any order', () => {
    fc.assert(
      fc.property(gates, sitters, (open, people) => {
        expect(seat(open, [...people].reverse()).complete).toBe(seat(open, people).complete);
      }),
    );
  });

  it('moves someone who sits already when that makes room', () => {
    const both = { person: 'ann', groups: ['oncall', 'security'] };
    const one = { person: 'ben', groups: ['oncall'] };
    expect(
      seat(
        [
          { group: 'oncall', quorum: 1 },
          { group: 'security', quorum: 1 },
        ],
        [both, one],
      ),
    ).toEqual({ complete: true, seated: { oncall: ['ben'], security: ['ann'] } });
  });

  it('lets one person fill one seat, however many groups they are in or votes they cast', () => {
    const ann = { person: 'ann', groups: ['oncall', 'security'] };
    expect(
      seat(
        [
          { group: 'oncall', quorum: 1 },
          { group: 'security', quorum: 1 },
        ],
        [ann, ann],
      ).complete,
    ).toBe(false);
  });
});

describe('votes resolve', () => {
  const gate = [{ group: 'oncall', quorum: 2 }];
  const voters = ['ann', 'ben', 'cat'].map((person) => ({ person, groups: ['oncall'] }));

  it('to open until every quorum is met, also when more than enough approve', () => {
    expect(resolve(gate, voters.slice(0, 1), 0)).toBe('open');
    expect(resolve(gate, voters.slice(0, 2), 0)).toBe('approved');
    expect(resolve(gate, voters, 0)).toBe('approved');
  });

  it('to denied by one denial, whatever was approved', () => {
    expect(resolve(gate, voters, 1)).toBe('denied');
  });
});
