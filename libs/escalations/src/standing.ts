import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { EndReason, GrantStatus } from '#domain/grant/lifecycle.js';
import type { EscalationRow, GrantRow } from './rows.js';

/** What an escalation is at `now`, whatever the sweeper has had time to write. */
export function escalationStanding(
  row: EscalationRow,
  now: number,
): { status: EscalationStatus; decidedAt: number | null } {
  if (row.status !== 'pending') return { status: row.status, decidedAt: row.decidedAt };
  if (row.barredAt !== null && row.barredAt <= Math.min(now, row.deadline)) {
    return { status: 'cancelled', decidedAt: row.barredAt };
  }
  if (now >= row.deadline) return { status: 'lapsed', decidedAt: row.deadline };
  return { status: 'pending', decidedAt: null };
}

export interface GrantStanding {
  readonly status: GrantStatus;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
}

/** What a grant is at `now`: validity is judged on read, on the database clock. */
export function grantStanding(row: GrantRow, now: number): GrantStanding {
  if (row.status !== 'ready' && row.status !== 'active')
    return { status: row.status, endedAt: row.endedAt, endReason: row.endReason };
  const deadline = row.status === 'ready' ? row.readyUntil : (row.expiresAt as number);
  if (row.barred && (row.barredAt ?? 0) <= Math.min(now, deadline)) {
    return { status: 'revoked', endedAt: row.barredAt, endReason: 'agent_suspended' };
  }
  if (row.keyCompromisedAt !== null && row.keyCompromisedAt <= deadline) {
    return { status: 'revoked', endedAt: row.keyCompromisedAt, endReason: 'key_compromised' };
  }
  if (now >= deadline)
    return { status: 'expired', endedAt: deadline, endReason: row.status === 'ready' ? 'not_collected' : 'ttl' };
  return { status: row.status, endedAt: null, endReason: null };
}

/** Uses left, `null` when unlimited. */
export function usesRemaining(row: GrantRow): number | null {
  return row.maxUses === null ? null : Math.max(0, row.maxUses - row.uses);
}

/** True while a token of this grant may be used. */
export function tokenLive(token: { endedAt: number | null; expiresAt: number }, row: GrantRow, now: number): boolean {
  return (
    grantStanding(row, now).status === 'active' &&
    token.endedAt === null &&
    now < token.expiresAt &&
    usesRemaining(row) !== 0
  );
}
