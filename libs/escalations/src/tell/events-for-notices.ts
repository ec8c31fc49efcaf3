import type { EventType } from './event-types.js';
import type { HistoryEntry } from '../rows.js';
import { overrules } from './events-for-threads.js';

/** The events that places outside Slack (mailboxes, webhooks) may be told of. */
export const NOTICED_EVENTS = [
  'escalation.requested',
  'escalation.reminded',
  'escalation.deputy_asked',
  'escalation.approved',
  'escalation.denied',
  'escalation.lapsed',
  'grant.revoked',
  'break_glass.used',
] as const satisfies readonly EventType[];

const NOTICED: ReadonlySet<string> = new Set(NOTICED_EVENTS);

/**
 * True when an entry alone makes work for notices. What policy decided by itself is no news for people unless it overruled them, and a request
 * that waits for them enqueues its own notice: only whoever writes it knows that it waits. Of a cancellation nobody is
 * told, but an identical request may have its turn now, as after every other end.
 */
export function makesNotice({ type, actor, data }: HistoryEntry): boolean {
  if (type === 'escalation.cancelled') return true;
  if (!NOTICED.has(type) || type === 'escalation.requested') return false;
  if (type === 'escalation.reminded') return data?.['step'] === 'late';
  return actor.kind !== 'policy' || overrules(data);
}
