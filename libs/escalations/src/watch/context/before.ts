import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import { instant } from '#domain/instant.js';
import type { EventRow } from '../history.js';
import type { EscalationRow } from '../../rows/escalation.js';
import type { VoteRow } from '../../rows/vote.js';
import type { EscalationStory } from '../escalation-story.js';
import { escalationState } from '../../state-now.js';

/** Authority of one action that this agent was granted in the 24 hours before. */
export interface RecentGrant {
  readonly action: string;
  readonly resource: string;
  readonly count: number;
  readonly lastAt: number;
}

/** Somebody's no to the same ask. Epoch milliseconds. */
export interface EarlierDenial {
  readonly by: { readonly kind: string; readonly id: string };
  readonly reason: string;
  readonly at: number;
}

/** What became of the same ask of this agent before: the same authority, in whatever words. */
export interface SameAsk {
  readonly approved: number;
  readonly denied: number;
  readonly last: { readonly status: EscalationStatus; readonly at: number } | null;
  /** The latest by people and operators, newest first. */
  readonly denials: readonly EarlierDenial[];
}

/** What people are shown beside a request: what was true before a moment, the request itself never counted. */
export interface Before {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly recentGrants: readonly RecentGrant[];
  readonly sameAsk: SameAsk;
}

/** The moment of which the facts are read: now, an instant in epoch milliseconds, or when the request's card was last written. */
export type BeforeMoment = 'now' | 'card' | number;

/** Reads what was before, outside a transaction. */
export interface BeforeReads {
  /** What was true of the agent, and of its other escalations that ask exactly what this one asks, before this moment. */
  of(escalationId: string, moment: BeforeMoment): Promise<Before>;
}

/** The moment is now while a request waits, its end when people decided or left it, and its asking when policy decided. */
export function momentOf(row: EscalationRow, now: number): BeforeMoment {
  const { status, decidedAt } = escalationState(row, now);
  if (status === 'pending') return 'now';
  return row.policy.outcome === 'require_approval' ? (decidedAt ?? 'now') : row.createdAt;
}

type Wire = Record<string, unknown>;

/** As the event of a vote keeps it: the entry is sealed and only ever added, and so is what its person was shown. */
export function keptBefore({ at, recentGrants, sameAsk }: Before): Wire {
  const { approved, denied, last, denials } = sameAsk;
  return {
    at: instant(at),
    recent_grants: recentGrants.map(({ lastAt, ...grant }) => ({ ...grant, last_at: instant(lastAt) })),
    same_ask: {
      approved,
      denied,
      last: last === null ? null : { status: last.status, at: instant(last.at) },
      denials: denials.map((denial) => ({ ...denial, at: instant(denial.at) })),
    },
  };
}

/** What was kept with a vote; `not_kept`: it is from before that was; `missing`: its entry in the history is gone or was changed. */
export type Shown = Before | 'not_kept' | 'missing';

/** @param events of the vote's escalation, each found sound under its seal */
export function shownWith(vote: Pick<VoteRow, 'person' | 'verdict' | 'at'>, events: readonly EventRow[]): Shown {
  const cast = events.find(
    ({ type, actor, at }) => type === 'vote.recorded' && actor.id === vote.person && Math.abs(at - vote.at) < 1,
  );
  if (cast === undefined) return 'missing';
  const kept = cast.data['shown'];
  return kept === undefined ? 'not_kept' : fromKept(kept as ReturnType<typeof keptBefore>);
}

/** The inverse of `keptBefore`, for what stood under a seal of ours. */
function fromKept(kept: Wire): Before {
  const ms = (at: unknown): number => Date.parse(String(at));
  const grants = kept['recent_grants'] as { action: string; resource: string; count: number; last_at: string }[];
  const { last, denials, ...counts } = kept['same_ask'] as {
    approved: number;
    denied: number;
    last: { status: EscalationStatus; at: string } | null;
    denials: (Omit<EarlierDenial, 'at'> & { at: string })[];
  };
  return {
    at: ms(kept['at']),
    recentGrants: grants.map(({ last_at, ...grant }) => ({ ...grant, lastAt: ms(last_at) })),
    sameAsk: {
      ...counts,
      last: last === null ? null : { status: last.status, at: ms(last.at) },
      denials: denials.map((denial) => ({ ...denial, at: ms(denial.at) })),
    },
  };
}

/** What was shown with each vote of a story, in the order of the votes. */
export function shownWithVotes({ votes }: Pick<EscalationStory, 'votes'>, events: readonly EventRow[]): Shown[] {
  return votes.map((vote) => shownWith(vote, events));
}
