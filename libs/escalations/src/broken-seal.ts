import type { Transaction } from './ports.js';
import { SYSTEM, type HistoryEntry } from './rows.js';
import type { SealedKind } from './sealed-kinds.js';

/** A row whose seal is missing or wrong. */
export interface BrokenSeal {
  /** A signing key is sealed by being wrapped. */
  readonly kind: SealedKind | 'key';
  /** What names the row in its table. */
  readonly row: string;
  /** Whom its history concerns, as far as that is known from rows that are sound. */
  readonly about?: Pick<HistoryEntry, 'escalation' | 'grant' | 'agent'>;
}

/** Tells in the history that a row does not count, once a row however often it is met. */
export async function tellBrokenSeal(tx: Transaction, { kind, row, about }: BrokenSeal, now: number): Promise<void> {
  if (await tx.sealToldBroken(kind, row)) return;
  await tx.record([{ type: 'seal.broken', actor: SYSTEM, ...about, data: { kind, row } }], now);
}
