import type { Catalog } from '#domain/catalog.js';
import type { CancelCause } from '#domain/escalation/lifecycle.js';
import { about } from '../about.js';
import type { Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import { SYSTEM, type Actor } from '../rows/history.js';
import { escalationState } from '../state-now.js';

/** As the history and the card have it: nobody decided this, the file did. */
const BY_CONFIGURATION = { by: 'configuration', cause: 'configuration' satisfies CancelCause } as const;

/**
 * Ends every open request whose resource or one of whose actions the catalog does not have: an approval would be for
 * nothing. To be called while no agent can ask, with all that they asked before in sight.
 * @param actor who applied the catalog
 */
export async function cancelRetiredAsks(
  tx: Pick<Transaction, 'endings' | 'journal'>,
  catalog: Pick<Catalog, 'resources'>,
  actor: Actor,
): Promise<void> {
  const { escalations, now } = await tx.endings.lockOpenOutside(catalog);
  const open = escalations.filter((row) => escalationState(row, now).status === 'pending');
  if (open.length === 0) return;
  await tx.endings.endEscalations(open.map((escalation) => ({ escalation, update: { change: 'cancelled', now } })));
  await tell(tx, open, actor, now);
}

/** Ends one open request, held FOR UPDATE, that somebody met before an apply had ended it; any other is left as it is. */
export async function cancelAsRetired(
  tx: Pick<Transaction, 'escalations' | 'journal'>,
  row: EscalationRow,
  now: number,
): Promise<EscalationRow> {
  if (escalationState(row, now).status !== 'pending') return row;
  const cancelled = await tx.escalations.change(row.id, row.version, { change: 'cancelled', now });
  await tell(tx, [row], SYSTEM, now);
  return cancelled;
}

async function tell(
  tx: Pick<Transaction, 'journal'>,
  rows: readonly EscalationRow[],
  actor: Actor,
  now: number,
): Promise<void> {
  await tx.journal.record(
    rows.map((row) => about(row).says('escalation.cancelled', actor, BY_CONFIGURATION)),
    now,
  );
}
