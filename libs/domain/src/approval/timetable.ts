import type { CatalogGroup } from '../catalog.js';
import type { Gate } from '../policy-decision.js';
import { eligibleSitters, ineligibility, type Ineligibility, type Candidate, type Interested } from './eligibility.js';
import type { Sitter } from './quorum.js';

/** What the clock reads of a request; an escalation's row is one. Instants are epoch milliseconds of the database clock. */
export interface TimedRequest {
  readonly createdAt: number;
  readonly deadline: number;
  readonly policy: { readonly gates: readonly Gate[] };
}

/** The same with the sides that may never judge it. */
export interface Judged extends TimedRequest {
  readonly ownerId: string;
  readonly request: { readonly chain: Interested['chain'] };
  /** The grants that the work was handed on from. */
  readonly ancestors: readonly { readonly ownerId: string }[];
}

/** One thing that the clock does to a request which nobody decides. */
export type TimetableStep =
  | { readonly step: 'reminder'; readonly mark: ReminderKind; readonly at: number }
  | { readonly step: 'deputy_asked'; readonly at: number; readonly group: string; readonly deputy: string }
  | { readonly step: 'lapses'; readonly at: number };

/** A deputy and the group it stands in for. */
export interface AskedDeputy {
  readonly group: string;
  readonly deputy: string;
}

/** Which reminder: after half of the window, or late in it. Also the names under which each is recorded once. */
export type ReminderKind = 'half' | 'late';

const SHARE: Readonly<Record<ReminderKind, number>> = { half: 0.5, late: 0.8 };

/** In a shorter window a reminder would reach people together with the request. */
export const SHORTEST_REMINDED_MS = 5_000;

/** Everything the clock will do to the request, in order: two reminders, the deputies with the second, the end. */
export function timetableOf(asked: TimedRequest): TimetableStep[] {
  const { createdAt, deadline, policy } = asked;
  const late = deputiesFrom(asked);
  const lapses: TimetableStep = { step: 'lapses', at: deadline };
  const deputies = policy.gates.flatMap(({ group, deputy }): TimetableStep[] =>
    deputy === undefined ? [] : [{ step: 'deputy_asked', at: late, group, deputy }],
  );
  if (deadline - createdAt < SHORTEST_REMINDED_MS) return [...deputies, lapses];
  return [
    { step: 'reminder', mark: 'half', at: instantOf(asked, 'half') },
    { step: 'reminder', mark: 'late', at: late },
    ...deputies,
    lapses,
  ];
}

/**
 * Whether a step was taken by `until`. A reminder, and the asking of deputies with the second one, when it was given: none
 * is while the request stands behind an identical one, or no worker runs. The rest when its instant has come.
 * @param given the reminders on record
 */
export function isTaken(
  asked: TimedRequest,
  step: TimetableStep,
  given: readonly ReminderKind[],
  until: number,
): boolean {
  if (step.step === 'reminder') return given.includes(step.mark);
  const reminds = asked.deadline - asked.createdAt >= SHORTEST_REMINDED_MS;
  if (step.step === 'deputy_asked' && reminds) return given.includes('late');
  return step.at <= until;
}

/** The instant from which deputies may fill seats: 80 % of the window. */
export function deputiesFrom(asked: TimedRequest): number {
  return instantOf(asked, 'late');
}

/** The deputies that have been asked by `now`, each with the group it stands in for. */
export function askedDeputies(asked: TimedRequest, now: number): AskedDeputy[] {
  if (now < deputiesFrom(asked)) return [];
  return asked.policy.gates.flatMap(({ group, deputy }) => (deputy === undefined ? [] : [{ group, deputy }]));
}

/**
 * The person as someone who may sit at `now`: a member of an asked deputy counts as a member of the group it stands in
 * for. Whoever forgets this step keeps deputies out; nothing lets them in early.
 */
export function asDeputy<P extends { readonly groups: readonly string[] }>(
  person: P,
  asked: TimedRequest,
  now: number,
): P {
  const lent = askedDeputies(asked, now)
    .filter(({ group, deputy }) => person.groups.includes(deputy) && !person.groups.includes(group))
    .map(({ group }) => group);
  return lent.length === 0 ? person : { ...person, groups: [...person.groups, ...new Set(lent)] };
}

/**
 * Why this person may not decide the request at `now`, or `null` when they may: `ineligibility`, with deputies counted
 * from the instant they are asked.
 */
export function whyNotEligible(asked: Judged, voter: Candidate | null, now: number): Ineligibility | null {
  const candidate = voter === null ? null : asDeputy(voter, asked, now);
  return ineligibility(candidate, asked.policy.gates, interestedIn(asked));
}

/** The people of `voters` who may decide at `now`, with the groups they may sit for. */
export function sittersAt(asked: Judged, voters: readonly Candidate[], now: number): Sitter[] {
  const candidates = voters.map((voter) => asDeputy(voter, asked, now));
  return eligibleSitters(candidates, asked.policy.gates, interestedIn(asked));
}

/** The decision with each gate's deputy, as the catalog names it at the time of asking. */
export function withDeputies<D extends { readonly gates: readonly Gate[] }>(
  decision: D,
  groups: readonly CatalogGroup[],
): D {
  const gates = decision.gates.map((gate): Gate => {
    const deputy = groups.find(({ id }) => id === gate.group)?.deputy ?? null;
    return deputy === null ? gate : { ...gate, deputy };
  });
  return { ...decision, gates };
}

function interestedIn({ ownerId, request, ancestors }: Judged): Interested {
  return { owner: ownerId, chain: request.chain, ancestorOwners: ancestors.map((grant) => grant.ownerId) };
}

function instantOf({ createdAt, deadline }: TimedRequest, mark: ReminderKind): number {
  return createdAt + (deadline - createdAt) * SHARE[mark];
}
