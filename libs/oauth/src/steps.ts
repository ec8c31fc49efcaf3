import { Steps } from '#domain/steps.js';
import { isOAuthError, type OAuthError } from './errors.js';

/** The steps of an endpoint: each adds to the context or refuses, which ends the walk. */
export type OAuthSteps<In extends object, Out extends object> = Steps<In, Out, OAuthError>;

/** An empty list of steps, for contexts of this type. */
export function stepsOver<In extends object>(): OAuthSteps<In, In> {
  return Steps.over<In, OAuthError>(isOAuthError);
}
