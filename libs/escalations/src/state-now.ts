import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { EndReason, GrantStatus } from '#domain/grant/lifecycle.js';
import { LIMITS } from '#domain/limits.js';
import { invariant } from '#domain/refusal.js';
import type { EscalationRow } from './rows/escalation.js';
import type { GrantCutShortRow, GrantLifeRow, GrantRow, GrantTermsRow } from './rows/grant.js';
import type { TokenRow } from './rows/token.js';

/** What decides how an escalation stands. */
type EscalationFacts = Pick<
  EscalationRow,
  'status' | 'decidedAt' | 'barredAt' | 'restoredAt' | 'deadline' | 'parents' | 'ancestors' | 'createdAt'
>;

/** What an escalation is at `now`, whatever the sweeper has had time to write. */
export function escalationState(
  row: EscalationFacts,
  now: number,
): { status: EscalationStatus; decidedAt: number | null } {
  if (row.status !== 'pending') return { status: row.status, decidedAt: row.decidedAt };
  const barredAt = Math.min(
    row.barredAt ?? Infinity,
    row.restoredAt ?? Infinity,
    ancestorEndedAt(row, now) ?? Infinity,
  );
  if (barredAt <= Math.min(now, row.deadline)) return { status: 'cancelled', decidedAt: barredAt };
  if (now >= row.deadline) return { status: 'lapsed', decidedAt: row.deadline };
  return { status: 'pending', decidedAt: null };
}

/** What decides how a grant stands by itself. */
type OwnFacts = Pick<GrantTermsRow, 'readyUntil' | 'heartbeatSeconds'> &
  Omit<GrantLifeRow, 'version' | 'uses' | 'outcome'> &
  Omit<GrantCutShortRow, 'held' | 'ancestors'>;
/** What decides how long those above let it live. */
type AncestorFacts = Pick<GrantRow, 'parents' | 'ancestors' | 'createdAt'>;
/** What decides whether tokens of a grant may be used. */
export type GrantInUse = OwnFacts & AncestorFacts & Pick<GrantRow, 'held' | 'maxUses' | 'uses'>;

export interface GrantState {
  readonly status: GrantStatus;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
}

/**
 * What a grant is at `now`: validity is judged on read, on the database clock. It ends with the first grant above it,
 * unless its own end came before.
 */
export function grantState(row: OwnFacts & AncestorFacts, now: number): GrantState {
  const own = ownState(row, now);
  if (row.status !== 'ready' && row.status !== 'active') return own;
  const endedAt = ancestorEndedAt(row, now);
  if (endedAt === null || (own.endedAt !== null && own.endedAt <= endedAt)) return own;
  return { status: 'revoked', endedAt, endReason: 'parent_ended' };
}

/** When the first of the grants above ended, not before there was anything under it; `null` while all live. */
export function ancestorEndedAt(row: AncestorFacts, now: number): number | null {
  invariant(row.ancestors.length >= (row.parents ?? []).length, 'the grants above were read');
  const ends = row.ancestors.flatMap((grant) => ownState(grant, now).endedAt ?? []);
  return ends.length === 0 ? null : Math.max(row.createdAt, Math.min(...ends));
}

/** When the first of the grants above ends by itself, `null` where there are none. */
export function ancestorsEndAt({ ancestors }: Pick<GrantRow, 'ancestors'>): number | null {
  const ends = ancestors.flatMap(({ expiresAt }) => expiresAt ?? []);
  return ends.length === 0 ? null : Math.min(...ends);
}

function ownState(row: OwnFacts, now: number): GrantState {
  if (row.status !== 'ready' && row.status !== 'active')
    return { status: row.status, endedAt: row.endedAt, endReason: row.endReason };
  const silentAt = heartbeatDeadline(row);
  const expiry = row.status === 'ready' ? row.readyUntil : (row.expiresAt as number);
  const deadline = Math.min(expiry, silentAt ?? Infinity);
  const cut = cutShort(row, now);
  if (cut !== null && cut.at <= deadline) return { status: 'revoked', endedAt: cut.at, endReason: cut.reason };
  if (now >= deadline) return { status: 'expired', endedAt: deadline, endReason: overdueReason(row, expiry, deadline) };
  return { status: row.status, endedAt: null, endReason: null };
}

/** The first of what ends a grant before its time, so that nothing that comes later moves its end; `null`: nothing has. */
function cutShort(row: OwnFacts, now: number): { readonly at: number; readonly reason: EndReason } | null {
  const causes: readonly (readonly [number | null, EndReason])[] = [
    [row.barred && (row.barredAt ?? 0) <= now ? (row.barredAt ?? 0) : null, 'agent_suspended'],
    [row.keyCompromisedAt, 'key_compromised'],
    [row.killedAt, 'revoked_by_person'],
    [row.restoredAt, 'restored'],
  ];
  return causes.reduce<ReturnType<typeof cutShort>>(
    (first, [at, reason]) => (at !== null && at < (first?.at ?? Infinity) ? { at, reason } : first),
    null,
  );
}

/**
 * When a collected grant ends, never later than what its seal covers lets it: it was collected while it was ready and
 * not after `now`, and lives as long as was granted. The column that says when carries no seal.
 */
export function endWithinSeal(row: Pick<GrantRow, 'expiresAt' | 'readyUntil' | 'granted'>, now: number): number {
  return Math.min(row.expiresAt ?? now, Math.min(row.readyUntil, now) + row.granted.ttl * 1000);
}

function overdueReason(row: Pick<GrantRow, 'status'>, expiry: number, deadline: number): EndReason {
  if (deadline < expiry) return 'silence';
  return row.status === 'ready' ? 'not_collected' : 'ttl';
}

/** When an active grant ends unless its agent is heard of before, `null` where it need not be. Collecting was a sign of life. */
export function heartbeatDeadline(
  row: Pick<GrantRow, 'status' | 'activatedAt' | 'heartbeatSeconds' | 'lastHeartbeatAt'>,
): number | null {
  if (row.status !== 'active' || row.heartbeatSeconds === null) return null;
  const lastHeartbeatAt = Math.max(row.activatedAt ?? 0, row.lastHeartbeatAt ?? 0);
  return lastHeartbeatAt + row.heartbeatSeconds * LIMITS.heartbeatsMissedMax * 1000;
}

/** Uses left, the least over a grant and all above it, since each use counts at all of them; `null` when unlimited. */
export function usesRemaining(row: Pick<GrantRow, 'maxUses' | 'uses' | 'ancestors'>): number | null {
  const left = [row, ...row.ancestors].flatMap(({ maxUses, uses }) => (maxUses === null ? [] : [maxUses - uses]));
  return left.length === 0 ? null : Math.max(0, Math.min(...left));
}

/** Uses left above a grant alone, `null` when unlimited or nothing is above. */
export function usesLeftInAncestors({ ancestors }: Pick<GrantRow, 'ancestors'>): number | null {
  return usesRemaining({ maxUses: null, uses: 0, ancestors });
}

/** When a token ends: what is asked of it beside its grant. */
type TokenLife = Pick<TokenRow, 'endedAt' | 'expiresAt'>;

/** True while a token of this grant may be used. */
export function isTokenUsable(token: TokenLife, row: GrantInUse, now: number): boolean {
  return isTokenLive(token, row, now) && usesRemaining(row) !== 0;
}

/** True while a token and its grant stand, whether uses are left or not. */
export function isTokenLive(token: TokenLife, row: Omit<GrantInUse, 'maxUses' | 'uses'>, now: number): boolean {
  return !row.held && grantState(row, now).status === 'active' && token.endedAt === null && now < token.expiresAt;
}
