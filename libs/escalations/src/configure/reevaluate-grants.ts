import { Injectable } from '@nestjs/common';
import { withdraw } from '../collect/approval-still-valid.js';
import { PolicyTightening } from '../judge/policy-tightening.js';
import { RegistrySource, Store } from '../ports.js';
import { grantState } from '../state-now.js';

const PAGE = 200;

/** Grants that are ready or active, in the order of their ids. */
export abstract class LiveGrants {
  /** At most `limit` of them after the id `after`; from the first on when that is `null`. */
  abstract page(after: string | null, limit: number): Promise<{ id: string; escalationId: string }[]>;
}

/**
 * After a configuration was applied: ends what it would not give any more, where `limits.on_policy_change` is `live`.
 * A reader of such a grant is told that it ended even before this has come to it; running it again changes nothing.
 */
@Injectable()
export class ReevaluateGrants {
  constructor(
    private readonly registry: RegistrySource,
    private readonly store: Store,
    private readonly grants: LiveGrants,
    private readonly tightening: PolicyTightening,
  ) {}

  /**
   * @param seq the configuration it was asked for; a later one has asked for itself
   * @returns how many grants it ended; `null` when there is no such configuration, as after a restore from before it
   */
  async execute(seq: string): Promise<number | null> {
    if (!/^\d{1,18}$/.test(seq)) return null;
    let ended = 0;
    for (let after: string | null = null; ;) {
      const registry = await this.registry.current();
      if (BigInt(registry.seq) < BigInt(seq)) return null;
      if (registry.seq !== seq || registry.catalog.limits.onPolicyChange !== 'live') return ended;
      const page = await this.grants.page(after, PAGE);
      for (const { id, escalationId } of page) {
        if ((await this.tightening.of(escalationId, registry)) === 'live' && (await this.end(id))) ended += 1;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return ended;
      after = last.id;
    }
  }

  private end(id: string): Promise<boolean> {
    return this.store.run(async (tx) => {
      const locked = await tx.grants.lock(id);
      if (locked === null) return false;
      const { status } = grantState(locked.grant, locked.now);
      if (status !== 'ready' && status !== 'active') return false;
      await withdraw(tx, locked.grant, locked.now, 'the configuration would not give it now');
      return true;
    });
  }
}
