import type { CatalogLimits } from '#domain/catalog.js';
import { about } from '../about.js';
import { denialsOf, waitAfter } from '../ask/asking-limits.js';
import type { Transaction } from '../ports.js';
import type { Denial, EscalationRow } from '../rows/escalation.js';
import type { Actor } from '../rows/history.js';
import { escalationState } from '../state-now.js';

/** Somebody's no, as it ends a request. */
export interface Denying {
  readonly actor: Actor;
  readonly code: 'denied_by_approver' | 'denied_by_operator';
  readonly reason: string;
  readonly limits: CatalogLimits;
  /** Whether the same somebody may deny this one too. */
  readonly mayDeny: (row: EscalationRow, now: number) => Promise<boolean>;
}

/**
 * Ends an open request, held FOR UPDATE, by somebody's no. When it is the one that has the card for several, those that
 * stand behind it end with it: whoever denied it denied what they all ask. Rows are locked in the order they came in.
 *
 * @returns how many requests were denied
 */
export async function denyEscalation(
  tx: Pick<Transaction, 'asks' | 'escalations' | 'journal'>,
  row: EscalationRow,
  denying: Denying,
  now: number,
): Promise<number> {
  const next = await nextStep(tx, row, denying.limits);
  const duplicates = (await tx.asks.isDuplicateOfOpen(row.id)) ? [] : await tx.asks.openDuplicates(row.id);
  await deny(tx, row, { by: 'person', code: denying.code, reason: denying.reason, next }, denying.actor, now);
  let denied = 1;
  for (const id of duplicates) {
    const locked = await tx.escalations.lock(id);
    if (locked === null || escalationState(locked.escalation, locked.now).status !== 'pending') continue;
    if (!(await denying.mayDeny(locked.escalation, locked.now))) continue;
    const denial: Denial = {
      by: 'person',
      code: 'identical_denied',
      reason: 'An identical request was denied.',
      next,
    };
    await deny(tx, locked.escalation, denial, denying.actor, locked.now, row.id);
    denied += 1;
  }
  return denied;
}

/** After the second denial of the same the agent is told how long the next one will be refused. */
async function nextStep(
  tx: Pick<Transaction, 'asks'>,
  row: EscalationRow,
  limits: CatalogLimits,
): Promise<Denial['next']> {
  const earlier = (await denialsOf(tx, row.agentUid, row.request)).map(({ count }) => count);
  const wait = waitAfter(Math.max(0, ...earlier) + 1, limits);
  return { action: 'contact_owner', ...(wait === 0 ? {} : { after_seconds: wait }) };
}

async function deny(
  tx: Pick<Transaction, 'escalations' | 'journal'>,
  row: EscalationRow,
  denial: Denial,
  actor: Actor,
  now: number,
  identicalTo?: string,
): Promise<void> {
  await tx.escalations.change(row.id, row.version, { change: 'denied', now, denial });
  const data = { ...denial, ...(identicalTo === undefined ? {} : { identical_to: identicalTo }) };
  await tx.journal.record([about(row).says('escalation.denied', actor, data)], now);
}
