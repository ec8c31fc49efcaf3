import { about } from '../about.js';
import { SYSTEM, type HistoryEntry } from '../rows/history.js';

/** The message of a request in one channel, before it showed what it shows now. */
interface CardBefore {
  readonly escalationId: string;
  readonly channel: string;
  readonly ts: string | null;
}

/** What the history is told of a card that shows this now; `card.posted` when there was no message before. */
export function newsOf(
  { escalationId: escalation, channel, ts: before }: CardBefore,
  { ts, version }: { readonly ts: string; readonly version: number },
  agent: string,
): HistoryEntry {
  const type = before === null ? 'card.posted' : 'card.updated';
  return about({ id: escalation, agentId: agent }).says(type, SYSTEM, { channel, ts, version });
}

/** What the history is told of a card that Slack would not take. */
export function failureOf(
  { escalationId: escalation, channel, ts, version }: CardBefore & { readonly version: number },
  error: string,
  agent: string,
): HistoryEntry {
  return about({ id: escalation, agentId: agent }).says('card.failed', SYSTEM, { channel, ts, version, error });
}
