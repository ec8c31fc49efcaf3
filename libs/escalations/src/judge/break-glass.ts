import { BREAK_GLASS_JUSTIFICATION_MIN, justifiesBreakGlass } from '#domain/break-glass.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { refuse, type Refusal } from '#domain/refusal.js';

/** What an operator said of a use. Times are epoch milliseconds. */
export interface BreakGlassReview {
  readonly by: string;
  readonly at: number;
  readonly note: string;
}

/** What break-glass did for one request. */
export interface BreakGlassUse {
  /** Groups that were passed over, and the resource's owners: everyone who is told. */
  readonly skipped: readonly string[];
  readonly usedAt: number;
  readonly reviewed: BreakGlassReview | null;
}

/** A use with what its list shows. */
export interface BreakGlassRow extends BreakGlassUse {
  readonly escalationId: string;
  readonly agentId: string;
  readonly ownerId: string;
  readonly resource: string;
  readonly status: string;
  readonly justification: string | null;
}

/** Where a page of uses begins: after this one, newest first. */
export interface BreakGlassPosition {
  readonly usedAtMicros: string;
  readonly id: string;
}

/** The uses inside a transaction. */
export interface BreakGlassLedger {
  /** The escalation of this agent whose break-glass nobody has reviewed; `null` when it owes none. */
  owed(agentUid: string): Promise<string | null>;
  insert(use: { escalationId: string; agentUid: string; skipped: readonly string[]; now: number }): Promise<void>;
  /** Locks the use of this escalation FOR UPDATE; `null` when there is none. */
  lock(escalationId: string): Promise<{ use: BreakGlassRow; now: number } | null>;
  review(escalationId: string, review: BreakGlassReview): Promise<void>;
}

/** The uses outside transactions. */
export abstract class BreakGlassUses {
  /** At most `limit` uses after `after`, newest first; `reviewed` keeps one kind. */
  abstract list(
    reviewed: boolean | null,
    limit: number,
    after: BreakGlassPosition | null,
  ): Promise<{ rows: BreakGlassRow[]; next: BreakGlassPosition | null }>;
  /**
   * Leases the telling of one channel to one caller for some seconds. `sent`: it was told before; `busy`: somebody is
   * telling it, or died while doing so.
   */
  abstract claimNotice(escalationId: string, channel: string): Promise<'claimed' | 'sent' | 'busy'>;
  /** Marks it told, or (false) gives the lease back. */
  abstract settleNotice(escalationId: string, channel: string, sent: boolean): Promise<void>;
}

/** Why a used break-glass is refused before anything is written, or `null`. @param owed the use that awaits its review */
export function breakGlassRefusal(request: EscalationRequest, owed: string | null): Refusal | null {
  if (!justifiesBreakGlass(request.justification)) {
    return refuse('out_of_range', 'Break-glass needs a reason that people can judge afterwards.', {
      errors: [
        { pointer: '/justification', rule: `must have at least ${BREAK_GLASS_JUSTIFICATION_MIN} characters here` },
      ],
    });
  }
  if (owed === null) return null;
  return refuse(
    'break_glass_unreviewed',
    'The last break-glass of this agent was not reviewed yet; an operator does that.',
    {
      facts: { escalation: owed },
    },
  );
}
