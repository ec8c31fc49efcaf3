import type { EventType } from './rows.js';

/** Refused uses that are told one by one; the next line says that the rest are only counted. */
export const REFUSED_USES_TOLD = 5;

/** What people talk about under a card. Of uses the first, of refused uses the first few: see `ThreadStore.untold`. */
export const TOLD_IN_THREADS = [
  'vote.recorded',
  'token.minted',
  'token.used',
  'token.use_refused',
  'grant.completed',
  'grant.expired',
  'grant.revoked',
  'escalation.reminded',
  'escalation.deputy_asked',
  'escalation.nudged',
  'comment.added',
] as const satisfies readonly EventType[];

const TOLD: ReadonlySet<string> = new Set(TOLD_IN_THREADS);

/** True when the threads under a request's cards are told of events of this type. */
export function isTold(type: EventType): boolean {
  return TOLD.has(type);
}
