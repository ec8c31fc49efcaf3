import type { CallerProof } from '#domain/caller-proof.js';
import type { AuthenticatedClient, ClientProof, RecognisedClient } from '#identity/agents/authenticate-client.js';
import { isFailure, type AuthenticationFailure } from '#identity/agents/authentication-failure.js';
import { comeBack, refuseWith, type OAuthError } from './errors.js';
import type { Received, WithForm } from './form.js';

export interface AuthenticatesClients {
  readonly authenticator: {
    authenticate(proof: ClientProof): Promise<AuthenticatedClient | RecognisedClient | AuthenticationFailure>;
  };
  /** Does the work of an authenticated caller when its turn has come. Before that nobody takes room from others. */
  readonly admit: <T>(caller: WithCaller['caller'], work: () => Promise<T>) => Promise<T>;
}

export interface WithCaller {
  readonly caller: Pick<AuthenticatedClient, 'kind' | 'id'>;
  /** What the work has still to complete of the caller's proof; absent: nothing. */
  readonly proof?: CallerProof;
}

/**
 * Says who sends the form (RFC 6749 section 2.3). The client learns that it failed, the log learns why. Whether a
 * suspended agent gets anything is left to the use case.
 */
export async function authenticateClient<C extends Received<AuthenticatesClients> & WithForm>(
  context: C,
): Promise<(C & WithCaller) | OAuthError> {
  const { form, request, services } = context;
  const answer = await services.authenticator.authenticate({
    authorizationHeader: request.authorization,
    peer: request.peer,
    bodyParams: {
      client_id: form.get('client_id'),
      client_assertion: form.get('client_assertion'),
      client_assertion_type: form.get('client_assertion_type'),
      client_secret: form.get('client_secret'),
    },
    grantType: form.get('grant_type'),
  });
  if (!isFailure(answer)) return { ...context, caller: answer, ...('proof' in answer && { proof: answer.proof }) };
  const { error, detail, told } = answer;
  // Why is told to the operator by whoever watches over authentication, once a minute and not once a call.
  if (error === 'busy') return comeBack(detail);
  if (error === 'invalid_request') {
    return refuseWith(error, 'Authenticate once: HTTP Basic, or client_assertion with its type.');
  }
  const challenge = request.authorization !== undefined;
  const words = 'Client authentication failed';
  return refuseWith(error, told === null ? `${words}.` : `${words}: ${told}.`, { challenge });
}

/** Resource servers check tokens and never hold one. */
export function requireAgentItself<C extends WithCaller>(context: C): C | OAuthError {
  if (context.caller.kind === 'agent') return context;
  return refuseWith('unauthorized_client', 'Only agents may do this.');
}
