import type { RenewToken } from '#escalations/collect/renew-token.js';
import { answer, type OAuthAnswer } from '../answer.js';
import { requireAgentItself, type WithCaller } from '../caller.js';
import { refuseWith, type OAuthError } from '../errors.js';
import type { Received, WithForm } from '../form.js';
import { takeRedeemKey, type WithRedeemKey } from '../redeem-key.js';
import { stepsOver } from '../steps.js';
import { tokenMembers } from '../token-members.js';

/** The grant type and the token type of RFC 8693. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** What would make another token than the same one anew. */
const NOT_TAKEN = [
  'actor_token',
  'actor_token_type',
  'resource',
  'audience',
  'scope',
  'authorization_details',
] as const;

export interface RenewsTokens {
  readonly renew: Pick<RenewToken, 'execute'>;
}

type Context = Received<RenewsTokens> & WithForm & WithCaller;
type WithSubjectToken = { readonly subjectToken: string };

/** Renews a token: an agent exchanges its own live access token for one with a later end, within the same grant. */
export const renewToken = stepsOver<Context>()
  .step(requireAgentItself)
  .step(readSubjectToken)
  .step(refuseOtherTokens)
  .step(takeRedeemKey)
  .step(renew);

function readSubjectToken(context: Context): (Context & WithSubjectToken) | OAuthError {
  const subjectToken = context.form.get('subject_token');
  if (subjectToken === undefined) return refuseWith('invalid_request', 'subject_token is missing.');
  if (context.form.get('subject_token_type') !== ACCESS_TOKEN)
    return refuseWith('invalid_request', `subject_token_type must be ${ACCESS_TOKEN}`);
  return { ...context, subjectToken };
}

/** Renewal changes the time and nothing else; a client that asks for more learns so instead of getting less. */
function refuseOtherTokens<C extends Context>(context: C): C | OAuthError {
  const wanted = context.form.get('requested_token_type') ?? ACCESS_TOKEN;
  if (wanted !== ACCESS_TOKEN) return refuseWith('invalid_request', `requested_token_type must be ${ACCESS_TOKEN}`);
  const extra = NOT_TAKEN.find((name) => context.form.has(name));
  if (extra !== undefined)
    return refuseWith('invalid_request', `A renewal keeps what was granted: leave out ${extra}.`);
  return context;
}

/** Asks the use case; answers as RFC 8693 section 2.2.1 says, with the members that a collection has. */
async function renew(context: Context & WithSubjectToken & WithRedeemKey): Promise<OAuthAnswer | OAuthError> {
  const { caller, subjectToken, redeemKey, services } = context;
  const outcome = await services.renew.execute(caller.id, subjectToken, redeemKey);
  if ('error' in outcome) return refuseWith(outcome.error, outcome.description);
  return answer({ issued_token_type: ACCESS_TOKEN, ...tokenMembers(outcome) });
}
