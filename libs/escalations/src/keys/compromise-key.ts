import { Injectable } from '@nestjs/common';
import { instant } from '#domain/instant.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { Store, type Transaction } from '../ports.js';
import type { Actor, HistoryEntry } from '../rows/history.js';
import { KeyMaker, keysAmong, keyState, type KeyRow } from './signing-keys.js';

export interface Compromise {
  /** False when it was declared before. */
  readonly changed: boolean;
  /** The key that signs instead, when the compromised one signed. */
  readonly successor: string | null;
}

/**
 * Declares a signing key compromised. From the commit on no token that it signed counts, in any process: the row is
 * joined wherever a grant is read. Its private half is erased, and what it signed for is signed by another key at once.
 */
@Injectable()
export class CompromiseKey {
  constructor(
    private readonly store: Store,
    private readonly maker: KeyMaker,
  ) {}

  /** @returns `not_found` for a kid that was never one of ours */
  async execute(kid: string, actor: Actor, reason: string): Promise<Compromise | Refusal> {
    return this.store.run(async (tx) => {
      const { keys, now } = await tx.keys.lock();
      const key = keys.find((candidate) => candidate.kid === kid);
      if (key === undefined) return refuse('not_found', 'There is no such key.');
      if (key.compromisedAt !== null) return { changed: false, successor: null };
      const entry = (data: Record<string, unknown>): HistoryEntry => ({ type: 'key.rotated', actor, data });
      await tx.keys.change(kid, { compromisedAt: now });
      await tx.journal.record([entry({ change: 'compromised', kid, alg: key.alg, reason })], now);
      const ours = keysAmong(keys, this.maker);
      const others = ours.filter((candidate) => candidate.alg === key.alg && candidate.kid !== kid);
      // A row that is no key of ours signed nothing that another would have to sign.
      const successor = ours.includes(key) ? await this.replace(tx, key, others, now) : null;
      if (successor !== null) {
        const active_from = instant(now);
        await tx.journal.record([entry({ change: 'rotated', kid: successor, alg: key.alg, active_from })], now);
      }
      return { changed: true, successor };
    });
  }

  /** Signing never stops: the coming key comes now, or a new one does; a retirement in favour of this key is taken back. */
  private async replace(
    tx: Pick<Transaction, 'keys'>,
    key: KeyRow,
    others: readonly KeyRow[],
    now: number,
  ): Promise<string | null> {
    const state = keyState(key, now);
    const signing = others.filter((other) => keyState(other, now) === 'signing');
    if (state === 'coming') {
      for (const other of signing) await tx.keys.change(other.kid, { retiredAt: null });
    }
    if (signing.length > 0 || state === 'retired') return null;
    const coming = others.find((other) => keyState(other, now) === 'coming');
    if (coming !== undefined) {
      await tx.keys.change(coming.kid, { activeFrom: now });
      return coming.kid;
    }
    const next = await this.maker.make(key.alg);
    await tx.keys.insert(next, now);
    return next.kid;
  }
}
