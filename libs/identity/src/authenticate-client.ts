import { CONFIGURED_ID } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import { fail, isFailure, type AuthenticationFailure } from './authentication-failure.js';
import { parseBasic } from './basic-credentials.js';
import { verifyAssertion } from './client-assertion.js';
import type { SecretVerifier } from './client-secret.js';
import type { AssertionLedger, Registration, Registrations } from './ports.js';
import type { WorkloadIdentities, WorkloadKind } from './workload-identity.js';

/** Who asks. `suspended` is left to the use case: a suspended agent may still learn its own state. */
export interface AuthenticatedClient {
  readonly kind: 'agent' | 'client';
  readonly id: string;
  readonly suspended: boolean;
}

/** What a form request brought to prove who sends it. Repeated parameters were refused before. */
export interface ClientProof {
  readonly authorizationHeader?: string;
  /** The address that sent it. */
  readonly peer?: string;
  readonly bodyParams: {
    readonly client_id?: string;
    readonly client_assertion?: string;
    readonly client_assertion_type?: string;
    readonly client_secret?: string;
  };
}

/** The broker as assertions name it, and the clock they are judged by. */
export interface Audience {
  readonly issuer: string;
  nowSeconds(): number;
}

type Answer = AuthenticatedClient | AuthenticationFailure;

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
/** Nobody's secret: an unknown id costs the same time as a wrong secret. */
const DECOY_HASH = `scrypt$16384$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
/** All unknown ids wait under one name, which no configured id can have. */
const UNKNOWN = '?';

/** Says which agent or client sends a request; the same proofs hold on `/oauth` and `/v1`. */
export class ClientAuthenticator {
  constructor(
    private readonly registrations: Registrations,
    private readonly ledger: AssertionLedger,
    private readonly secrets: SecretVerifier,
    private readonly audience: Audience,
    private readonly workloads: Pick<WorkloadIdentities, 'prove'>,
  ) {}

  /**
   * Authenticates a form request (RFC 6749 section 2.3): HTTP Basic or one assertion, never both. A secret in the body
   * is not supported: bodies are logged and forwarded more freely than headers.
   */
  async authenticate(proof: ClientProof): Promise<Answer> {
    const { authorizationHeader, peer, bodyParams } = proof;
    const { client_id, client_assertion, client_assertion_type, client_secret } = bodyParams;
    const asserted = client_assertion !== undefined || client_assertion_type !== undefined;
    const methods = [authorizationHeader !== undefined, asserted, client_secret !== undefined].filter(Boolean);
    if (methods.length > 1) return fail('invalid_request', 'more than one authentication method');
    if (client_secret !== undefined) return fail('invalid_client', 'a secret in the body');
    if (authorizationHeader !== undefined) return named(client_id, await this.byBasic(authorizationHeader, peer));
    if (!asserted) return fail('invalid_client', 'no authentication');
    if (client_assertion === undefined || client_assertion_type === undefined) {
      return fail('invalid_request', 'half an assertion');
    }
    if (client_assertion_type === JWT_SPIFFE) return this.byWorkload(client_assertion, ['spiffe'], client_id);
    if (client_assertion_type !== JWT_BEARER) return fail('invalid_client', 'an unknown assertion type');
    return isOfAnIssuer(client_assertion)
      ? this.byWorkload(client_assertion, ['federation'], client_id)
      : this.byAssertion(client_assertion, client_id);
  }

  /**
   * Authenticates a `/v1` request by its Authorization header: `Bearer` with an assertion or a workload token, or Basic.
   * @param peer the address that sent it
   */
  async authenticateHeader(authorizationHeader: string | undefined, peer?: string): Promise<Answer> {
    if (authorizationHeader === undefined) return fail('invalid_client', 'no authentication');
    const assertion = /^bearer +([A-Za-z0-9_.-]+)$/i.exec(authorizationHeader)?.[1];
    if (assertion === undefined) return this.byBasic(authorizationHeader, peer);
    return isOfAnIssuer(assertion) ? this.byWorkload(assertion, ['federation', 'spiffe']) : this.byAssertion(assertion);
  }

  private async byWorkload(token: string, kinds: readonly WorkloadKind[], claimedId?: string): Promise<Answer> {
    const proved = await this.workloads.prove(token, kinds);
    if (isFailure(proved)) return proved;
    const registration = await this.registrations.findClient(proved.agentId);
    if (registration?.kind !== 'agent') return fail('invalid_client', 'not registered');
    return named(claimedId, authenticated(registration));
  }

  private async byAssertion(assertion: string, claimedId?: string): Promise<Answer> {
    const found: { registration: Registration | null } = { registration: null };
    const verified = await verifyAssertion(assertion, {
      issuer: this.audience.issuer,
      nowSeconds: this.audience.nowSeconds(),
      findKeys: async (id) => {
        found.registration = await this.registrations.findClient(id);
        return found.registration?.auth.kind === 'jwks' ? found.registration.auth.keys : null;
      },
    });
    if (isFailure(verified)) return verified;
    if (found.registration === null) return fail('invalid_client', 'not registered');
    const answer = named(claimedId, authenticated(found.registration));
    if (isFailure(answer)) return answer;
    const first = await this.ledger.use(verified.clientId, verified.jti, verified.exp);
    return first ? answer : fail('invalid_client', 'assertion: used before');
  }

  private async byBasic(header: string, peer?: string): Promise<Answer> {
    const credentials = parseBasic(header);
    if (credentials === null) return fail('invalid_client', 'an authorization header that is not readable');
    const { id, secret } = credentials;
    const registration = CONFIGURED_ID.test(id) ? await this.registrations.findClient(id) : null;
    if (registration?.kind !== 'client' || registration.auth.kind !== 'secret_hash') {
      const verdict = await this.secrets.verify(UNKNOWN, DECOY_HASH, secret, peer);
      return verdict === 'busy' ? busy() : fail('invalid_client', 'no client with a secret has this id');
    }
    const verdict = await this.secrets.verify(id, registration.auth.hash, secret, peer);
    if (verdict === 'busy') return busy();
    return verdict === 'verified' ? authenticated(registration) : fail('invalid_client', 'wrong secret');
  }
}

/** True for what an issuer says about a workload; what a client says about itself has `iss` = `sub`. */
function isOfAnIssuer(token: string): boolean {
  const jws = openCompactJws(token);
  return !('fault' in jws) && jws.payload['iss'] !== jws.payload['sub'];
}

/** A `client_id` beside the proof may only repeat what the proof says (RFC 7521 section 4.2). */
function named(claimedId: string | undefined, answer: Answer): Answer {
  if (isFailure(answer) || claimedId === undefined || claimedId === answer.id) return answer;
  return fail('invalid_client', 'client_id is not who authenticated');
}

function authenticated({ kind, id, suspended }: Registration): AuthenticatedClient {
  return { kind, id, suspended };
}

function busy(): AuthenticationFailure {
  return fail('busy', 'too many secrets wait to be checked');
}
