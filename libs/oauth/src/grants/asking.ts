import type { CallerProof } from '#domain/caller-proof.js';
import type { TokenAnswer } from '#escalations/collect/ask-for-token.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { answer, REPLAYED, type OAuthAnswer } from '../answer.js';
import { readAskMembers, type WithAskMembers } from '../ask-members.js';
import { refusedAsk } from '../refused-ask.js';
import { requireAgentItself, type WithCaller } from '../caller.js';
import { plain, refuseWith, type OAuthError } from '../errors.js';
import type { Received, WithForm } from '../form.js';
import { takeRedeemKey, type WithRedeemKey } from '../redeem-key.js';
import { stepsOver } from '../steps.js';
import { tokenMembers } from '../token-members.js';

/** The grant type of RFC 6749 section 4.4: an agent asks in its own name. */
export const CLIENT_CREDENTIALS = 'client_credentials';

export interface AsksForTokens {
  /** Asks for what these members say. */
  readonly asks: {
    execute(
      agentId: string,
      ask: WithAskMembers,
      idempotencyKey: string | null,
      proof?: CallerProof,
    ): Promise<TokenAnswer | Refusal>;
  };
}

type Context = Received<AsksForTokens> & WithForm & WithCaller;

/** Asks and collects in one request: a token where policy allows it, a deferral code where people decide. */
export const askForToken = stepsOver<Context>()
  .step(requireAgentItself)
  .step(refuseWorkHandedOn)
  .step(readAskMembers)
  .step(takeRedeemKey)
  .step(ask);

/** Read without the token above it, the ask would be for authority of the agent's own. */
function refuseWorkHandedOn<C extends Context>(context: C): C | OAuthError {
  if (context.request.handedOn !== true) return context;
  return refuseWith('invalid_request', 'Ask for work that was handed on at POST /v1/escalations.');
}

async function ask(context: Context & WithAskMembers & WithRedeemKey): Promise<OAuthAnswer | OAuthError> {
  const { caller, members, deferred, redeemKey, services } = context;
  const outcome = await services.asks.execute(caller.id, { members, deferred }, redeemKey, context.proof);
  return isRefusal(outcome) ? refusedAsk(outcome) : said(outcome);
}

/** RFC 6749 section 5.1 for a token; a deferred token response where people decide; RFC 9396 section 5 for a denial. */
function said(asked: TokenAnswer): OAuthAnswer | OAuthError {
  const { escalationId: escalation_id, replayed } = asked;
  switch (asked.outcome) {
    case 'token': {
      const given = answer({ ...tokenMembers(asked.redeemed), escalation_id });
      return replayed ? { ...given, headers: { ...given.headers, ...REPLAYED } } : given;
    }
    case 'spent': {
      const why = 'The token of this Idempotency-Key was given more than 60 seconds ago, or has ended.';
      return refuseWith('invalid_grant', why, { members: { escalation_id } });
    }
    case 'pending': {
      const members = { deferral_code: asked.deferralCode, expires_in: asked.expiresInSeconds, escalation_id };
      return refuseWith('authorization_pending', 'People are asked.', { members, replayed });
    }
    case 'denied': {
      const { code, reason, next } = asked.denial;
      const facts = [code, ...asked.determining, `next: ${next.action}`].join(', ');
      const why = plain(`${reason} (${facts})`);
      return refuseWith('invalid_authorization_details', why, { members: { escalation_id }, replayed });
    }
  }
}
