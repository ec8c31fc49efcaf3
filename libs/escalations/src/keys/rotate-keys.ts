import { refuse, type Refusal } from '#domain/refusal.js';
import { instant } from '#domain/instant.js';
import type { Store } from '../ports.js';
import type { Actor } from '../rows/history.js';
import { keysAmong, keyState, type KeyMaker, type SigningAlg } from './signing-keys.js';

/** The lead after which verifiers that cache the key set have met a new key; most keep it for ten minutes or less. */
export const PUBLICATION_LEAD_SECONDS = 600;

export interface Rotation {
  readonly kid: string;
  /** Epoch milliseconds: from then on the new key signs, and the keys of `retiring` do not. */
  readonly activeFrom: number;
  readonly retiring: readonly string[];
}

/**
 * Brings in the next signing key of one algorithm: published at once, signing after a lead. The key before it signs
 * until that very instant and stays published until its last token has run out. Nothing else has to happen later.
 */
export class RotateKeys {
  constructor(
    private readonly store: Store,
    private readonly maker: KeyMaker,
  ) {}

  /** @param leadSeconds from publication to first use; refused with `in_progress` while an earlier rotation is under way */
  async execute(alg: SigningAlg, leadSeconds: number, actor: Actor): Promise<Rotation | Refusal> {
    const next = await this.maker.make(alg);
    return this.store.run(async (tx) => {
      const { keys, now } = await tx.keys.lock();
      const ours = keysAmong(keys, this.maker).filter((key) => key.alg === alg);
      const coming = ours.find((key) => keyState(key, now) === 'coming');
      if (coming !== undefined) {
        return refuse('in_progress', `${coming.kid} is coming already and signs from ${instant(coming.activeFrom)}.`);
      }
      const signing = ours.filter((key) => keyState(key, now) === 'signing').map((key) => key.kid);
      const activeFrom = now + leadSeconds * 1_000;
      await tx.keys.insert(next, activeFrom);
      for (const kid of signing) await tx.keys.change(kid, { retiredAt: activeFrom });
      const subject = { type: 'key.rotated', actor } as const;
      await tx.journal.record(
        [
          { ...subject, data: { change: 'rotated', kid: next.kid, alg, active_from: instant(activeFrom) } },
          ...signing.map((kid) => ({
            ...subject,
            data: { change: 'retired', kid, alg, retired_at: instant(activeFrom) },
          })),
        ],
        now,
      );
      return { kid: next.kid, activeFrom, retiring: signing };
    });
  }
}
