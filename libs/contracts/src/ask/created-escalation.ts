import { DEFERRED } from '#domain/deferred-grant.js';
import { LIMITS } from '#domain/limits.js';
import type { KeepableAnswer } from '#escalations/answer-once.js';
import type { AskMade } from '#escalations/ask/set-going.js';
import { grantState } from '#escalations/state-now.js';
import { presentEscalation } from '../presenters.js';

/**
 * What a create answers, as it may be kept: 202 while people decide, 201 when policy has. The continuation is named without
 * its code, which is stored nowhere.
 */
export function keepableCreation({ escalation, grant, like, now }: AskMade): KeepableAnswer {
  const waits = escalation.status === 'pending';
  const continues = waits || (grant !== null && grantState(grant, now).status === 'ready');
  const story = presentEscalation({ escalation, grant, votes: [], now });
  return {
    status: waits ? 202 : 201,
    response: { ...story, like, ...(continues ? { continuation: { grant_type: DEFERRED } } : {}) },
    escalationId: escalation.id,
  };
}

/** The same as it is sent, now and whenever it is asked for again. @param deferralCode the code of this very request */
export function presentCreation(response: KeepableAnswer['response'], deferralCode: string): Record<string, unknown> {
  const { continuation, ...rest } = response;
  if (continuation === undefined) return rest;
  const interval = LIMITS.pollIntervalSeconds;
  return { ...rest, continuation: { grant_type: DEFERRED, deferral_code: deferralCode, interval } };
}
