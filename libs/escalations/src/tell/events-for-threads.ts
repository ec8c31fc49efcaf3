import type { EventType } from './event-types.js';
import type { HistoryEntry } from '../rows.js';

/** Refused uses that are told one by one; the next line says that the rest are only counted. */
export const REFUSED_USES_TOLD = 5;

/**
 * What people talk about under a card. Of uses the first, of refused uses the first few: see `ThreadStore.untold`. Of denials
 * those by which policy overruled an approval; any other is a vote, or stands on the card.
 */
export const TOLD_IN_THREADS = [
  'vote.recorded',
  'escalation.denied',
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

/** True when the threads under a request's cards are told of such an event. */
export function isTold({ type, data }: Pick<HistoryEntry, 'type' | 'data'>): boolean {
  return TOLD.has(type) && (type !== 'escalation.denied' || overrules(data));
}

/** True of a denial that came after people had approved: policy, asked again, said no. */
export function overrules(data: HistoryEntry['data']): boolean {
  return data?.['approved_by'] !== undefined;
}
