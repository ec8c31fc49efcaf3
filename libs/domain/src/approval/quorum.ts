import type { Gate } from '../policy-decision.js';

/** Someone who may fill a seat: a person and the groups they may sit for. */
export interface Sitter {
  readonly person: string;
  readonly groups: readonly string[];
}

/** Who sits where. `complete` when every gate's quorum is filled by distinct people. */
export interface Seating {
  readonly complete: boolean;
  /** By group: the people seated there, never more than the gate's quorum. */
  readonly seated: Readonly<Record<string, readonly string[]>>;
}

/**
 * Assigns distinct people to the seats of all gates so that as many seats as possible are filled (augmenting paths):
 * one person fills one seat, whichever of several groups they belong to.
 */
export function seat(gates: readonly Gate[], sitters: readonly Sitter[]): Seating {
  const people = new Map<string, readonly string[]>(sitters.map((sitter) => [sitter.person, sitter.groups]));
  const seats = gates.flatMap((gate) => Array.from({ length: gate.quorum }, () => gate.group));
  const holder: (string | null)[] = seats.map(() => null);

  const place = (person: string, groups: readonly string[], tried: Set<number>): boolean => {
    for (const [index, group] of seats.entries()) {
      if (tried.has(index) || !groups.includes(group)) continue;
      tried.add(index);
      const sitting = holder[index] ?? null;
      if (sitting === null || place(sitting, people.get(sitting) ?? [], tried)) {
        holder[index] = person;
        return true;
      }
    }
    return false;
  };
  for (const [person, groups] of people) place(person, groups, new Set());

  const seated: Record<string, string[]> = Object.fromEntries(gates.map((gate) => [gate.group, [] as string[]]));
  for (const [index, person] of holder.entries()) if (person !== null) seated[seats[index] as string]?.push(person);
  return { complete: holder.every((person) => person !== null), seated };
}

/** What the votes so far amount to. One denial by an eligible person outweighs any number of approvals. */
export function resolve(
  gates: readonly Gate[],
  approvals: readonly Sitter[],
  denials: number,
): 'approved' | 'denied' | 'open' {
  if (denials > 0) return 'denied';
  return seat(gates, approvals).complete ? 'approved' : 'open';
}
