import type { OAuthAnswer } from './answer.js';
import { authenticateClient, type AuthenticatesClients, type WithCaller } from './caller.js';
import { errorAnswer, isOAuthError, refuseWith, type OAuthError } from './errors.js';
import { refuseRepeatedParameters, requireForm, type FormRequest, type Received, type WithForm } from './form.js';
import { DEFERRED } from '#domain/deferred-grant.js';
import { askForToken, CLIENT_CREDENTIALS, type AsksForTokens } from './grants/asking.js';
import { redeemDeferred, type RedeemsCodes } from './grants/deferred.js';
import { renewToken, TOKEN_EXCHANGE, type RenewsTokens } from './grants/renewal.js';
import { stepsOver, type OAuthSteps } from './steps.js';

export type TokenServices = AuthenticatesClients & AsksForTokens & RedeemsCodes & RenewsTokens;

type Authenticated = Received<TokenServices> & WithForm & WithCaller;
type Grant = OAuthSteps<Authenticated, OAuthAnswer>;
type WithGrant = { readonly grant: Grant };

/** What the token endpoint grants; the metadata announces these and no others. */
const GRANTS: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  [CLIENT_CREDENTIALS, askForToken],
  [DEFERRED, redeemDeferred],
  [TOKEN_EXCHANGE, renewToken],
]);

/** True for grants whose work completes its caller's proof in its own transaction. */
export function completesProof(grantType: string | undefined): boolean {
  return grantType === CLIENT_CREDENTIALS || grantType === DEFERRED;
}

/** The `grant_type`s that answer. */
export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()];

/** `POST /oauth/token`, from top to bottom. Nobody learns more about a request than who sent it before that is known. */
export const TOKEN_STEPS = stepsOver<Received<TokenServices>>()
  .step(requireForm)
  .step(refuseRepeatedParameters)
  .step(authenticateClient)
  .step(refuseUnknownGrantType)
  .step(followGrant);

/** Answers a token request (RFC 6749 section 3.2). Refusals are answers too; only faults are thrown. */
export async function answerToken(request: FormRequest, services: TokenServices): Promise<OAuthAnswer> {
  const outcome = await TOKEN_STEPS.run({ request, services });
  return isOAuthError(outcome) ? errorAnswer(outcome) : outcome;
}

function refuseUnknownGrantType(context: Authenticated): (Authenticated & WithGrant) | OAuthError {
  const grantType = context.form.get('grant_type');
  if (grantType === undefined) return refuseWith('invalid_request', 'grant_type is missing.');
  const grant = GRANTS.get(grantType);
  if (grant === undefined)
    return refuseWith('unsupported_grant_type', `grant_type is one of: ${GRANT_TYPES.join(' ')}`);
  return { ...context, grant };
}

function followGrant(context: Authenticated & WithGrant): Promise<OAuthAnswer | OAuthError> {
  return context.services.admit(context.caller, () => context.grant.run(context));
}
