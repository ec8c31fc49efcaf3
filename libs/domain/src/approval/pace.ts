/** One decision of a person, newest first in lists. `seconds` is the longest they can have looked at the request. */
export interface PacedDecision {
  readonly verdict: 'approve' | 'deny';
  readonly seconds: number;
}

/** An approval this soon was hardly read. */
export const FAST_SECONDS = 10;
/** So many fast approvals in a row are a habit. */
export const FAST_STREAK = 5;

/** How many of the newest decisions in a row are fast approvals. @param newestFirst of one person */
export function fastStreak(newestFirst: readonly PacedDecision[]): number {
  const end = newestFirst.findIndex(({ verdict, seconds }) => verdict !== 'approve' || seconds > FAST_SECONDS);
  return end === -1 ? newestFirst.length : end;
}

/** What an approver is told after a streak; `null` while there is none. */
export function paceWarning(streak: number): string | null {
  if (streak < FAST_STREAK) return null;
  return `You approved ${streak} requests in a row, each within ${FAST_SECONDS} seconds. Read the next one before you decide.`;
}

/** Below this many decisions a rule's record says little. */
export const RULE_RECORD_MIN = 10;

/** Above this share of fast approvals a record says how people click, not what they think. */
export const FAST_SHARE_MAX = 0.2;

/** The votes for what a rule sent to people, and how many of them were fast. */
export interface ApprovalPace {
  readonly approvals: number;
  readonly fast: number;
}

/** 0 to 1; 0 where nobody approved. */
export function fastShare({ approvals, fast }: ApprovalPace): number {
  return approvals === 0 ? 0 : fast / approvals;
}

/** Why no rule may be changed by its record: its approvals were hardly read. `null`: they were. */
export function hastyWords(pace: ApprovalPace): string | null {
  const share = fastShare(pace);
  return share > FAST_SHARE_MAX ? `${Math.round(share * 100)} % of its approvals took under ${FAST_SECONDS} s` : null;
}

/** What a rule's record suggests: people always say yes, and read what they approve (then policy might), always no, or neither. */
export function ruleCandidate(approved: number, denied: number, pace: ApprovalPace): 'allow' | 'forbid' | null {
  if (denied === 0 && approved >= RULE_RECORD_MIN && hastyWords(pace) === null) return 'allow';
  return approved === 0 && denied >= RULE_RECORD_MIN ? 'forbid' : null;
}
