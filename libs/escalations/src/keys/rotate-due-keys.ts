import { Injectable } from '@nestjs/common';
import { isRefusal } from '#domain/refusal.js';
import { RegistrySource, Store } from '../ports.js';
import { PUBLICATION_LEAD_SECONDS, RotateKeys, type Rotation } from './rotate-keys.js';
import { SYSTEM } from '../rows/history.js';
import { keysAmong, keyState, KeyMaker, type SigningAlg } from './signing-keys.js';

const DAY_MS = 24 * 3_600_000;

/** Brings in the next signing key by itself once the one that signs is older than `signing_key_days`; off without it. */
@Injectable()
export class RotateDueKeys {
  private readonly rotate: RotateKeys;

  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly maker: KeyMaker,
  ) {
    this.rotate = new RotateKeys(store, maker);
  }

  /** The rotations that this call began; processes that call it together begin one. */
  async execute(): Promise<Rotation[]> {
    const { catalog } = await this.registry.current();
    const days = catalog.limits.signingKeyDays ?? 0;
    if (days === 0) return [];
    const begun: Rotation[] = [];
    for (const alg of await this.due(days)) {
      // Refused when another process was faster: its key is the coming one.
      const rotation = await this.rotate.execute(alg, PUBLICATION_LEAD_SECONDS, SYSTEM);
      if (!isRefusal(rotation)) begun.push(rotation);
    }
    return begun;
  }

  private due(days: number): Promise<SigningAlg[]> {
    return this.store.run(async (tx) => {
      const { keys: rows, now } = await tx.keys.lock();
      const keys = keysAmong(rows, this.maker);
      const coming = new Set(keys.filter((key) => keyState(key, now) === 'coming').map((key) => key.alg));
      // A key with an end set ahead has its successor already.
      const old = keys.filter((key) => keyState(key, now) === 'signing' && key.retiredAt === null);
      const due = old.filter((key) => now - key.activeFrom >= days * DAY_MS && !coming.has(key.alg));
      return [...new Set(due.map((key) => key.alg))];
    });
  }
}
