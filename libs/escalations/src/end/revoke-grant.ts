import { Injectable } from '@nestjs/common';
import type { EndReason } from '#domain/grant/lifecycle.js';
import { refuse, type Refusal } from '#domain/refusal.js';
import { endGrant } from './end-grant.js';
import { Store } from '../ports.js';
import type { GrantRow } from '../rows/grant.js';
import type { Actor } from '../rows/history.js';
import { grantState } from '../state-now.js';

/** Ends a grant by somebody's will. The caller has judged who may; an ended grant stays as it ended. */
@Injectable()
export class RevokeGrant {
  constructor(private readonly store: Store) {}

  /** @returns the grant as it is afterwards, or `not_found` */
  async execute(
    grantId: string,
    actor: Actor,
    endReason: EndReason,
    reason: string | null,
  ): Promise<{ grant: GrantRow; now: number } | Refusal> {
    const missing = refuse('not_found', 'There is no such grant.');
    if ((await this.store.read.grants.byId(grantId)) === null) return missing;
    return this.store.run(async (tx) => {
      const locked = await tx.grants.lock(grantId);
      if (locked === null) return missing;
      const { grant, now } = locked;
      const { status } = grantState(grant, now);
      if (status !== 'ready' && status !== 'active') return { grant, now };
      return {
        grant: await endGrant(tx, grant, {
          change: 'revoked',
          reason: endReason,
          actor,
          now,
          data: reason === null ? {} : { reason },
        }),
        now,
      };
    });
  }
}
