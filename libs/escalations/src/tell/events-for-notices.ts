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
 * True when an entry alone makes work for notices. A decision of policy is no news for people unless it overruled them.
 * A request that waits for people enqueues its own notice: only its writer knows that it waits. A cancellation is in no
 * notice, yet it makes work: an identical request may be the next one to be announced, as after every other end.
 */
export function makesNotice({ type, actor, data }: HistoryEntry): boolean {
  if (type === 'escalation.cancelled') return true;
  if (!NOTICED.has(type) || type === 'escalation.requested') return false;
  if (type === 'escalation.reminded') return data?.['step'] === 'late';
  return actor.kind !== 'policy' || overrules(data);
}
