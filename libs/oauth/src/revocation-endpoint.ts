import type { RevokeToken } from '#escalations/end/revoke-token.js';
import { answer, type OAuthAnswer } from './answer.js';
import { authenticateClient, type AuthenticatesClients, type WithCaller } from './caller.js';
import { errorAnswer, isOAuthError } from './errors.js';
import { refuseRepeatedParameters, requireForm, type FormRequest, type Received } from './form.js';
import { readToken, type WithToken } from './presented-token.js';
import { stepsOver } from './steps.js';

export interface RevocationServices extends AuthenticatesClients {
  readonly revoke: Pick<RevokeToken, 'execute'>;
}

/** `POST /oauth/revoke`, from top to bottom. */
export const REVOCATION_STEPS = stepsOver<Received<RevocationServices>>()
  .step(requireForm)
  .step(refuseRepeatedParameters)
  .step(authenticateClient)
  .step(readToken)
  .step(revoke);

/** Answers a revocation request (RFC 7009 section 2); a deferral code is taken like a token. */
export async function answerRevocation(request: FormRequest, services: RevocationServices): Promise<OAuthAnswer> {
  const outcome = await REVOCATION_STEPS.run({ request, services });
  return isOAuthError(outcome) ? errorAnswer(outcome) : outcome;
}

/** Own, unknown and foreign tokens answer alike. A resource server owns none, so for it nothing happens. */
async function revoke(context: Received<RevocationServices> & WithCaller & WithToken): Promise<OAuthAnswer> {
  const { caller, services, token } = context;
  if (caller.kind === 'agent') await services.admit(caller, () => services.revoke.execute(caller.id, token));
  return answer(null);
}
