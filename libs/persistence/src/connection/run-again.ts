import { setTimeout as pause } from 'node:timers/promises';
import { isReadOnly, isStalePlan, isVictim, spoilsOthers } from './store-fault.js';

/** Once is rarely enough where many meet, and more than this helps nobody who waits. */
const RERUNS_MAX = 2;
const PAUSE_MS = 20;

/** A pool that can be told to hand out none of its standing connections any more. */
export interface Renewable {
  readonly generation: number;
  /** @param seen the generation as it was before: whoever comes late with the same fault renews nothing */
  renew(seen?: number): void;
}

/**
 * Does the work, and does it again, twice at most, when the server has undone it because of others or because a plan
 * has outlived the schema; once on a new connection when this one only reads, since it may lead to a server that was
 * demoted. Only for work that is nothing but one transaction: whatever else it does, it does again. An
 * answer that was lost is no such case: nobody knows what became of it.
 * @param pool whose connections hold plans; `createPool` makes one that can renew them
 */
export async function runAgain<T>(pool: object, work: () => Promise<T>): Promise<T> {
  for (let runs = 0; ; runs += 1) {
    const { generation } = pool as Partial<Renewable>;
    try {
      return await work();
    } catch (error) {
      if (spoilsOthers(error)) (pool as Partial<Renewable>).renew?.(generation);
      if (runs >= rerunsOf(error)) throw error;
      // Those who met do not meet again.
      if (isVictim(error)) await pause(PAUSE_MS * (runs + Math.random()));
    }
  }
}

function rerunsOf(error: unknown): number {
  if (isVictim(error) || isStalePlan(error)) return RERUNS_MAX;
  return isReadOnly(error) ? 1 : 0;
}
