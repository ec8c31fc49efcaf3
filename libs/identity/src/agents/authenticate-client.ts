import { Inject, Injectable } from '@nestjs/common';
import { CallerProof } from '#domain/caller-proof.js';
import type { Catalog } from '#domain/catalog.js';
import { registeredIn } from '#domain/registered-in.js';
import { CONFIGURED_ID } from '#domain/limits.js';
import { openCompactJws } from '#tokens/compact-jws.js';
import { AUDIENCE, type Audience } from './audience.js';
import { fail, inertClaim, isFailure, type AuthenticationFailure } from './authentication-failure.js';
import { parseBasic, parseUnencodedBasic, type BasicCredentials } from './basic-credentials.js';
import { verifyAssertion } from './client-assertion.js';
import { SecretVerifier, type SecretVerdict } from './client-secret.js';
import { AssertionLedger, Registrations, type Registration } from '../ports.js';
import { WorkloadIdentities, type WorkloadKind } from './workload-identity.js';

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
  /** What it asks for at the token endpoint. */
  readonly grantType?: string;
}

/** Who asks, as far as a configuration and the caller's own proof say. */
export interface RecognisedClient {
  readonly kind: 'agent' | 'client';
  readonly id: string;
  readonly proof: CallerProof;
}

type Answer = AuthenticatedClient | AuthenticationFailure;

interface By {
  readonly catalog: Catalog;
  readonly under: string | null;
}

const NOBODY = Promise.resolve(null);
const BEARER = /^bearer +([A-Za-z0-9_.-]+)$/i;

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
/** Nobody's secret: an unknown id costs the same time as a wrong secret. */
const DECOY_HASH = `scrypt$16384$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
/** All unknown ids wait under one name, which no configured id can have. */
const UNKNOWN = '?';
/** Told to callers: only who holds the key, or the secret, gets so far. */
const USED = 'the assertion was used before; sign a new one for each call';
const UNENCODED =
  'the secret is right but was sent unencoded; form-urlencode id and secret before base64 (RFC 6749 section 2.3.1)';

/** Says which agent or client sends a request; the same proofs hold on `/oauth` and `/v1`. */
@Injectable()
export class ClientAuthenticator {
  constructor(
    private readonly registrations: Registrations,
    private readonly ledger: AssertionLedger,
    private readonly secrets: SecretVerifier,
    @Inject(AUDIENCE) private readonly audience: Audience,
    @Inject(WorkloadIdentities) private readonly workloads: Pick<WorkloadIdentities, 'prove'>,
  ) {}

  /**
   * Authenticates a form request (RFC 6749 section 2.3): HTTP Basic or one assertion, never both. A secret in the body
   * is not supported: bodies are logged and forwarded more freely than headers.
   * @param spent the assertion was used up by this very call
   */
  async authenticate(proof: ClientProof, spent = false): Promise<Answer> {
    const answer = await this.judge(proof, spent);
    return isFailure(answer) ? this.refused(answer, proof.bodyParams.client_id) : answer;
  }

  /**
   * Authenticates a `/v1` request by its Authorization header: `Bearer` with an assertion or a workload token, or Basic.
   * @param peer the address that sent it
   * @param spent the assertion was used up by this very call
   */
  async authenticateHeader(authorizationHeader: string | undefined, peer?: string, spent = false): Promise<Answer> {
    const answer = await this.judgeHeader(authorizationHeader, peer, spent);
    return isFailure(answer) ? this.refused(answer) : answer;
  }

  /**
   * Who sends a form request, by this configuration alone: by an assertion that is not used up yet, or by a secret that was
   * verified before. `null` says nothing: authenticate.
   * @param under the name of the configuration
   */
  recognise(proof: ClientProof, catalog: Catalog, under: string | null): Promise<RecognisedClient | null> {
    const { authorizationHeader, bodyParams } = proof;
    const { client_id, client_assertion, client_assertion_type, client_secret } = bodyParams;
    if (client_secret !== undefined) return NOBODY;
    if (client_assertion === undefined && client_assertion_type === undefined)
      return Promise.resolve(this.recogniseBasic(authorizationHeader, client_id, { catalog, under }));
    if (authorizationHeader !== undefined || client_assertion_type !== JWT_BEARER) return NOBODY;
    return this.recogniseAssertion(client_assertion ?? '', client_id, { catalog, under });
  }

  /** The same of a `/v1` request, by its Authorization header. */
  recogniseHeader(
    authorizationHeader: string,
    catalog: Catalog,
    under: string | null,
  ): Promise<RecognisedClient | null> {
    const assertion = BEARER.exec(authorizationHeader)?.[1];
    return assertion === undefined
      ? Promise.resolve(this.recogniseBasic(authorizationHeader, undefined, { catalog, under }))
      : this.recogniseAssertion(assertion, undefined, { catalog, under });
  }

  /** Lets the watch hear of a refusal, and says what the caller may hear of it. */
  refused(failure: AuthenticationFailure, claimedId?: string): AuthenticationFailure {
    const { claimed, told, detail } = failure;
    const client = claimed.client ?? inertClaim(claimedId);
    this.audience.watch?.refused({ ...failure, claimed: { ...claimed, ...(client === undefined ? {} : { client }) } });
    return { ...failure, told: told ?? (this.audience.explains === true ? detail : null) };
  }

  private async judge(proof: ClientProof, spent: boolean): Promise<Answer> {
    const { authorizationHeader, peer, bodyParams } = proof;
    const { client_id, client_assertion, client_assertion_type, client_secret } = bodyParams;
    const asserted = client_assertion !== undefined || client_assertion_type !== undefined;
    const methods = [authorizationHeader !== undefined, asserted, client_secret !== undefined].filter(Boolean);
    if (methods.length > 1) return fail('invalid_request', 'several_methods', 'more than one authentication method');
    if (client_secret !== undefined) return fail('invalid_client', 'secret_in_body', 'a secret in the body');
    if (authorizationHeader !== undefined) return named(client_id, await this.byBasic(authorizationHeader, peer));
    if (!asserted) return fail('invalid_client', 'no_credentials', 'no authentication');
    if (client_assertion === undefined || client_assertion_type === undefined) {
      return fail('invalid_request', 'half_assertion', 'half an assertion');
    }
    if (client_assertion_type === JWT_SPIFFE) return this.byWorkload(client_assertion, ['spiffe'], client_id);
    if (client_assertion_type !== JWT_BEARER)
      return fail('invalid_client', 'assertion_type', 'an unknown assertion type');
    return isOfAnIssuer(client_assertion)
      ? this.byWorkload(client_assertion, ['federation'], client_id)
      : this.byAssertion(client_assertion, spent, client_id);
  }

  private async judgeHeader(
    authorizationHeader: string | undefined,
    peer: string | undefined,
    spent: boolean,
  ): Promise<Answer> {
    if (authorizationHeader === undefined) return fail('invalid_client', 'no_credentials', 'no authentication');
    const assertion = BEARER.exec(authorizationHeader)?.[1];
    if (assertion === undefined) return this.byBasic(authorizationHeader, peer);
    return isOfAnIssuer(assertion)
      ? this.byWorkload(assertion, ['federation', 'spiffe'])
      : this.byAssertion(assertion, spent);
  }

  private recogniseBasic(header: string | undefined, claimedId: string | undefined, by: By): RecognisedClient | null {
    const credentials = header === undefined ? null : parseBasic(header);
    if (credentials === null || (claimedId ?? credentials.id) !== credentials.id) return null;
    const { id, secret } = credentials;
    const registered = registeredIn(by.catalog, id);
    if (registered?.kind !== 'client' || registered.auth.kind !== 'secret_hash') return null;
    if (!this.secrets.remembers(id, registered.auth.hash, secret)) return null;
    return { kind: 'client', id, proof: new CallerProof(by.under, null) };
  }

  private async recogniseAssertion(
    assertion: string,
    claimedId: string | undefined,
    { catalog, under }: By,
  ): Promise<RecognisedClient | null> {
    const verified = await verifyAssertion(assertion, {
      issuer: this.audience.issuer,
      nowSeconds: this.audience.nowSeconds(),
      findKeys: async (id) => {
        const auth = registeredIn(catalog, id)?.auth;
        return auth?.kind === 'jwks' ? auth.keys : null;
      },
    });
    if (isFailure(verified)) return null;
    const { clientId: id, jti, exp: expiresSeconds } = verified;
    const registered = registeredIn(catalog, id);
    if (registered === null || (claimedId ?? id) !== id) return null;
    return { kind: registered.kind, id, proof: new CallerProof(under, { subject: id, jti, expiresSeconds }) };
  }

  private async byWorkload(token: string, kinds: readonly WorkloadKind[], claimedId?: string): Promise<Answer> {
    const proved = await this.workloads.prove(token, kinds);
    if (isFailure(proved)) return proved;
    const registration = await this.registrations.findClient(proved.agentId);
    if (registration?.kind !== 'agent') return fail('invalid_client', 'not_registered', 'not registered');
    return named(claimedId, authenticated(registration));
  }

  private async byAssertion(assertion: string, spent: boolean, claimedId?: string): Promise<Answer> {
    const found: { registration: Registration | null } = { registration: null };
    const verified = await verifyAssertion(assertion, {
      issuer: this.audience.issuer,
      nowSeconds: this.audience.nowSeconds(),
      findKeys: async (id) => {
        found.registration = await this.registrations.findClient(id);
        return found.registration?.auth.kind === 'jwks' ? found.registration.auth.keys : null;
      },
    });
    const claimed = claimedBy(assertion, found.registration !== null);
    if (isFailure(verified)) return { ...verified, claimed };
    if (found.registration === null) return fail('invalid_client', 'not_registered', 'not registered', { claimed });
    const answer = named(claimedId, authenticated(found.registration));
    if (isFailure(answer)) return answer;
    const first = spent || (await this.ledger.use(verified.clientId, verified.jti, verified.exp));
    return first ? answer : fail('invalid_client', 'used_before', 'assertion: used before', { claimed, told: USED });
  }

  private async byBasic(header: string, peer?: string): Promise<Answer> {
    const credentials = parseBasic(header);
    const unencoded = parseUnencodedBasic(header);
    const id = credentials?.id ?? unencoded?.id;
    if (id === undefined)
      return fail('invalid_client', 'unreadable_header', 'an authorization header that is not readable');
    const registration = CONFIGURED_ID.test(id) ? await this.registrations.findClient(id) : null;
    // A client that mixed the halves up sends the secret first: only what could be an id is told.
    const claimed = { ...(CONFIGURED_ID.test(id) ? { client: id } : {}), registered: registration !== null };
    const known = registration?.auth.kind === 'secret_hash' && registration.kind === 'client' ? registration : null;
    const hash = known?.auth.kind === 'secret_hash' ? known.auth.hash : null;
    const verdict = await this.verdictOf(known?.id ?? UNKNOWN, hash ?? DECOY_HASH, { credentials, unencoded, peer });
    if (verdict === 'busy') return fail('busy', 'busy', 'too many secrets wait to be checked', { claimed });
    if (known === null) {
      const reason = registration === null ? 'not_registered' : 'other_method';
      return fail('invalid_client', reason, 'no client with a secret has this id', { claimed });
    }
    if (verdict === 'verified') return authenticated(known);
    return verdict === 'wrong'
      ? fail('invalid_client', 'wrong_secret', 'wrong secret', { claimed })
      : fail('invalid_client', 'undecoded_secret', UNENCODED, { claimed, told: UNENCODED });
  }

  /** `unencoded` when the secret as it was sent, without decoding, would be right: worth a word, not a session. */
  private async verdictOf(client: string, hash: string, sent: SentSecret): Promise<SecretVerdict | 'unencoded'> {
    const { credentials, unencoded, peer } = sent;
    const verdict = credentials === null ? 'wrong' : await this.secrets.verify(client, hash, credentials.secret, peer);
    if (verdict !== 'wrong' || unencoded === null) return verdict;
    const raw = await this.secrets.verify(client, hash, unencoded.secret, peer);
    return raw === 'verified' ? 'unencoded' : raw;
  }
}

interface SentSecret {
  readonly credentials: BasicCredentials | null;
  readonly unencoded: BasicCredentials | null;
  readonly peer: string | undefined;
}

/** Whom an assertion names; read without believing it. */
function claimedBy(assertion: string, registered: boolean): AuthenticationFailure['claimed'] {
  const jws = openCompactJws(assertion);
  const client = 'fault' in jws ? undefined : inertClaim(jws.payload['sub']);
  return { registered, ...(client === undefined ? {} : { client }) };
}

/** True for what an issuer says about a workload; what a client says about itself has `iss` = `sub`. */
function isOfAnIssuer(token: string): boolean {
  const jws = openCompactJws(token);
  return !('fault' in jws) && jws.payload['iss'] !== jws.payload['sub'];
}

/** A `client_id` beside the proof may only repeat what the proof says (RFC 7521 section 4.2). */
function named(claimedId: string | undefined, answer: Answer): Answer {
  if (isFailure(answer) || claimedId === undefined || claimedId === answer.id) return answer;
  const claimed = { client: answer.id, registered: true };
  return fail('invalid_client', 'client_id_mismatch', 'client_id is not who authenticated', { claimed });
}

function authenticated({ kind, id, suspended }: Registration): AuthenticatedClient {
  return { kind, id, suspended };
}
