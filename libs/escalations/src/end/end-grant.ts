import { nextGrantStatus } from '#domain/grant/lifecycle.js';
import { invariant } from '#domain/refusal.js';
import { about } from '../about.js';
import type { Ending, GrantEnding } from './end-rows.js';
import type { Transaction } from '../ports.js';
import { parentPart } from '../ask/request-history.js';
import type { GrantRow } from '../rows/grant.js';
import { SYSTEM, type HistoryEntry } from '../rows/history.js';
import { grantState } from '../state-now.js';

/** Ends a grant that the transaction holds locked: row, tokens, history and card, whatever ends it. */
export async function endGrant(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  grant: GrantRow,
  ending: Ending,
): Promise<GrantRow> {
  if (nextGrantStatus(grant.status, ending.change) === null) return grant;
  const [ended] = await endGrants(tx, [{ grant, ending }], ending.now);
  invariant(ended !== undefined, 'an ended grant is there');
  return ended;
}

/**
 * Ends grants that the transaction holds locked, in as many statements for a thousand as for one. Every end of a grant
 * is written here, so a batch and a single end have the same history. Skips grants that have ended. Grants handed on
 * from them end with them; those that another transaction holds, or that are too many for one, are left to the sweeper.
 */
export async function endGrants(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  all: readonly GrantEnding[],
  now: number,
): Promise<GrantRow[]> {
  const endings = all.filter(({ grant, ending }) => nextGrantStatus(grant.status, ending.change) !== null);
  if (endings.length === 0) return [];
  await tx.endings.endGrants(endings);
  await tx.journal.record(endings.map(historyOf), now);
  const descendants = await tx.endings.lockFreeUnder(endings.map(({ grant }) => grant.id));
  await endGrants(
    tx,
    descendants.flatMap((grant) => overdueEnding(grant, now)),
    now,
  );
  return endings.map(asEnded);
}

/** The row as its end leaves it, told from what was written: reading it back costs as much as finding it. */
function asEnded({ grant, ending }: GrantEnding): GrantRow {
  const { change, reason, now, endedAt = now, outcome = null } = ending;
  const version = grant.version + 1;
  return { ...grant, status: change, version, endedAt, endReason: reason, outcome, keyCompromisedAt: null };
}

/** The end that is true of a grant though nobody has written it; none while it lives, and once it is written. */
export function overdueEnding(grant: GrantRow, now: number): GrantEnding[] {
  const { status, endReason, endedAt } = grantState(grant, now);
  if (status === grant.status || (status !== 'expired' && status !== 'revoked')) return [];
  const data = endReason === 'parent_ended' ? parentPart(grant) : {};
  const ending = { change: status, reason: endReason ?? 'ttl', actor: SYSTEM, now, data } as const;
  return [{ grant, ending: { ...ending, ...(endedAt === null ? {} : { endedAt }) } }];
}

function historyOf({ grant, ending }: GrantEnding): HistoryEntry {
  const { change, actor, reason, data } = ending;
  return about(grant).says(`grant.${change}`, actor, { end_reason: reason, ...data });
}
