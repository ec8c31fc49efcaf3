import type { EscalationRequest } from './authorization-details.js';
import { sha256Of } from './digest.js';

/**
 * What one agent asks for, and for whom. Task, description and justification are left out: an agent that puts it in other
 * words asks the same, and meets the same denials.
 */
export function askHash(request: EscalationRequest): string {
  return sha256Of({
    v: 1,
    resource: request.resource,
    authorization_details: request.authorization_details,
    requested_ttl: request.requested_ttl,
    max_uses: request.max_uses,
    break_glass: request.break_glass,
    chain: request.chain,
  });
}

/** Longer than an hour teaches an agent nothing more. */
const BACK_OFF_SECONDS_MAX = 3_600;

/** A second try with a better reason is fair; a third is not a misunderstanding. */
const DENIALS_WITHOUT_WAIT = 2;

/**
 * Seconds that an agent waits after the `denials`-th denial of one and the same ask: none after the first two, then
 * `first`, and twice as long after each further one, at most an hour. `first` 0: no back-off.
 */
export function backOffSeconds(denials: number, first: number): number {
  if (denials <= DENIALS_WITHOUT_WAIT || first === 0) return 0;
  return Math.min(BACK_OFF_SECONDS_MAX, first * 2 ** Math.min(denials - DENIALS_WITHOUT_WAIT - 1, 12));
}
