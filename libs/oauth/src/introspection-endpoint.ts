import type { Inquirer } from '#escalations/use/introspect-token.js';
import { answer, type OAuthAnswer } from './answer.js';
import { authenticateClient, type AuthenticatesClients, type WithCaller } from './caller.js';
import { errorAnswer, isOAuthError } from './errors.js';
import { refuseRepeatedParameters, requireForm, type FormRequest, type Received } from './form.js';
import { readToken, type WithToken } from './presented-token.js';
import { stepsOver } from './steps.js';

export interface IntrospectionServices extends AuthenticatesClients {
  /** The claims of a token that is good for this caller, else `null`. */
  readonly introspect: { execute(caller: Inquirer, jwt: string): Promise<Readonly<Record<string, unknown>> | null> };
}

/** `POST /oauth/introspect`, from top to bottom. */
export const INTROSPECTION_STEPS = stepsOver<Received<IntrospectionServices>>()
  .step(requireForm)
  .step(refuseRepeatedParameters)
  .step(authenticateClient)
  .step(readToken)
  .step(introspect);

/** Answers an introspection request (RFC 7662 section 2) of a verifier or of the agent that holds the token. */
export async function answerIntrospection(request: FormRequest, services: IntrospectionServices): Promise<OAuthAnswer> {
  const outcome = await INTROSPECTION_STEPS.run({ request, services });
  return isOAuthError(outcome) ? errorAnswer(outcome) : outcome;
}

/** Whatever the reason, a token that is not good for this caller is exactly `{"active":false}`. */
async function introspect(context: Received<IntrospectionServices> & WithCaller & WithToken): Promise<OAuthAnswer> {
  const { caller, services, token } = context;
  const claims = await services.admit(caller, () => services.introspect.execute(caller, token));
  return answer(claims ?? { active: false });
}
