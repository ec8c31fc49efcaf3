import { Injectable } from '@nestjs/common';
import type { Evidence } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import { about } from '../about.js';
import { endGrant, endGrants, overdueEnding } from './end-grant.js';
import { lockGrant, refuseOthersGrant } from '../own-grant.js';
import { Store, type Transaction } from '../ports.js';
import type { GrantRow } from '../rows/grant.js';
import type { Actor } from '../rows/history.js';
import { grantState } from '../state-now.js';

export interface Completion {
  readonly outcome: 'succeeded' | 'failed' | 'abandoned';
  readonly summary: string | null;
  readonly evidence: readonly Evidence[];
}

/** So often an agent may say something else of a grant that has ended; from then on it is answered and not recorded. */
const LATE_OUTCOMES_MAX = 5;

/**
 * The agent reports that its task is over, which ends the grant: an `active` one by any outcome, a `ready` one by
 * `abandoned`. On an ended grant the true status is answered, and the outcome recorded as an event when it is news.
 */
@Injectable()
export class CompleteGrant {
  constructor(private readonly store: Store) {}

  async execute(
    agentId: string,
    grantId: string,
    completion: Completion,
  ): Promise<{ grant: GrantRow; now: number } | Refusal> {
    const others = await refuseOthersGrant(this.store.read, agentId, grantId);
    if (others !== null) return others;
    return this.store.run(async (tx) => {
      const locked = await lockGrant(tx, grantId);
      if (isRefusal(locked)) return locked;
      const { grant, now } = locked;
      const actor: Actor = { kind: 'agent', id: agentId };
      const data = { outcome: completion.outcome, summary: completion.summary, evidence: completion.evidence };
      const state = grantState(grant, now);
      if (state.status === 'active' || (state.status === 'ready' && completion.outcome === 'abandoned')) {
        const end = { change: 'completed', reason: 'done', actor, now, outcome: completion.outcome, data } as const;
        return { grant: await endGrant(tx, grant, end), now };
      }
      if (state.status === 'ready') {
        return refuse('invalid_request', 'A grant that was never collected can only be abandoned.', {
          errors: [{ pointer: '/outcome', rule: 'must be abandoned while the grant is ready' }],
        });
      }
      const [ended = grant] = await endGrants(tx, overdueEnding(grant, now), now);
      if (await isNews(tx, grantId, data)) {
        await tx.journal.record([about(grant).says('grant.outcome_reported', actor, data)], now);
      }
      return { grant: ended, now };
    });
  }
}

/** Whether this is worth an event: an agent that repeats itself for ever must not make the history grow for ever. */
async function isNews(
  tx: Pick<Transaction, 'journal'>,
  grantId: string,
  said: Record<string, unknown>,
): Promise<boolean> {
  const earlier = await tx.journal.outcomesOf(grantId);
  if (earlier.filter((outcome) => outcome.late).length >= LATE_OUTCOMES_MAX) return false;
  const last = earlier.at(-1);
  return last === undefined || wordsOf(last.data) !== wordsOf(said);
}

function wordsOf({ outcome, summary, evidence }: Record<string, unknown>): string {
  return canonicalJson({ outcome, summary, evidence });
}
