import { randomBytes } from 'node:crypto';
import type { EventRow } from '#escalations/watch/history.js';
import { REFUSED_USES_LISTED } from '#escalations/tell/what-follows.js';
import { ThreadStore, type PendingEvent } from '../ports.js';

const LINES_MAX = 50;

/** What threads were told, as the contract says, with a clock that only the test moves. */
export class ThreadsInMemory extends ThreadStore {
  private readonly lines = new Set<string>();
  private readonly leases = new Map<string, { readonly lease: string; readonly until: number }>();
  nowMs = 0;

  /** @param history everything that happened, oldest first */
  constructor(readonly history: EventRow[] = []) {
    super();
  }

  pass(seconds: number): void {
    this.nowMs += seconds * 1_000;
  }
  isLeased(cardId: string): boolean {
    return (this.leases.get(cardId)?.until ?? -Infinity) >= this.nowMs;
  }

  override async pendingEvents(
    { cardId, escalationId }: { cardId: string; escalationId: string },
    types: readonly string[],
  ): Promise<readonly PendingEvent[]> {
    const events = this.history.filter(({ escalation, type }) => escalation === escalationId && types.includes(type));
    const refusedUses = events.filter(({ type }) => type === 'token.use_refused').length;
    const counted = new Map<string, number>();
    return events
      .map((event) => {
        const nth = (counted.get(event.type) ?? 0) + 1;
        counted.set(event.type, nth);
        return { event, nth, refusedUses };
      })
      .filter(({ event, nth }) => nth <= toldOf(event.type) && !this.lines.has(`${cardId} ${event.id}`))
      .slice(0, LINES_MAX);
  }
  override async claim(cardId: string, leaseSeconds: number): Promise<{ lease: string } | null> {
    if (this.isLeased(cardId)) return null;
    const lease = randomBytes(12).toString('base64url');
    this.leases.set(cardId, { lease, until: this.nowMs + leaseSeconds * 1_000 });
    return { lease };
  }
  override async release(cardId: string, lease: string): Promise<void> {
    if (this.leases.get(cardId)?.lease === lease) this.leases.delete(cardId);
  }
  override async recordNotified({ cardId, eventId }: { cardId: string; eventId: string; ts: string }): Promise<void> {
    this.lines.add(`${cardId} ${eventId}`);
  }
}

/** So many of a type are told: the rest are in the history. */
function toldOf(type: string): number {
  if (type === 'token.used') return 1;
  return type === 'token.use_refused' ? REFUSED_USES_LISTED + 1 : Infinity;
}
