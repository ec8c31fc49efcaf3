import { WRONG_CODE, type RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { answer, type OAuthAnswer } from '../answer.js';
import type { WithCaller } from '../caller.js';
import { refuseWith, type OAuthError } from '../errors.js';
import type { Received, WithForm } from '../form.js';
import { takeRedeemKey, type WithRedeemKey } from '../redeem-key.js';
import { stepsOver } from '../steps.js';
import { tokenMembers } from '../token-members.js';

export interface RedeemsCodes {
  readonly redeem: Pick<RedeemGrant, 'execute'>;
}

type Context = Received<RedeemsCodes> & WithForm & WithCaller;
type WithDeferralCode = { readonly deferralCode: string };

/** Redeems what people or policy approved: the code of an escalation becomes its token, once. */
export const redeemDeferred = stepsOver<Context>()
  .step(readDeferralCode)
  .step(requireAgent)
  .step(takeRedeemKey)
  .step(redeem);

function readDeferralCode(context: Context): (Context & WithDeferralCode) | OAuthError {
  const deferralCode = context.form.get('deferral_code');
  if (deferralCode === undefined) return refuseWith('invalid_request', 'deferral_code is missing.');
  return { ...context, deferralCode };
}

/** Resource servers check tokens and never hold one: to them every code is somebody else's. */
function requireAgent<C extends Context>(context: C): C | OAuthError {
  return context.caller.kind === 'agent' ? context : refuseWith(WRONG_CODE.error, WRONG_CODE.description);
}

/** Asks the use case, where the first token of a grant is minted. */
async function redeem(context: Context & WithDeferralCode & WithRedeemKey): Promise<OAuthAnswer | OAuthError> {
  const { caller, deferralCode, redeemKey, services } = context;
  const outcome = await services.redeem.execute(caller.id, deferralCode, redeemKey, context.proof);
  if ('error' in outcome) return refuseWith(outcome.error, outcome.description);
  return answer(tokenMembers(outcome));
}
