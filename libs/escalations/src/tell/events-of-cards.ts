import { SYSTEM, type HistoryEntry, type OutboxEntry } from '../rows.js';

/** The message of a request in one channel, before it showed what it shows now. */
interface CardBefore {
  readonly escalationId: string;
  readonly channel: string;
  readonly ts: string | null;
}

/** What follows when a message has come to show something. */
export interface CardNews {
  readonly entry: HistoryEntry;
  readonly jobs: readonly OutboxEntry[];
}

/** What follows from a card showing this now. A new one has its thread told what happened before there was a thread. */
export function newsOf(
  { escalationId: escalation, channel, ts: before }: CardBefore,
  { ts, version }: { readonly ts: string; readonly version: number },
  agent: string,
): CardNews {
  const data = { channel, ts, version };
  return {
    entry: { type: before === null ? 'card.posted' : 'card.updated', actor: SYSTEM, escalation, agent, data },
    jobs: before === null ? [{ topic: 'card.thread', payload: { id: escalation } }] : [],
  };
}

/** What the history is told of a card that Slack would not take. */
export function failureOf(
  { escalationId: escalation, channel, ts, version }: CardBefore & { readonly version: number },
  error: string,
  agent: string,
): HistoryEntry {
  return { type: 'card.failed', actor: SYSTEM, escalation, agent, data: { channel, ts, version, error } };
}
