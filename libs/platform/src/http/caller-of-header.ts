import { Injectable } from '@nestjs/common';
import type { Catalog } from '#domain/catalog.js';
import { refuse, RefusalError, type Refusal } from '#domain/refusal.js';
import { RegistrySource } from '#escalations/ports.js';
import { fail, isFailure, type AuthenticationFailure } from '#identity/agents/authentication-failure.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import type { Principal, PrincipalRequest } from './principal.js';

/** Agents and clients, by the Authorization header of a `/v1` request. */
@Injectable()
export class CallerOfHeader {
  constructor(
    private readonly clients: ClientAuthenticator,
    private readonly registry: RegistrySource,
  ) {}

  /**
   * Who calls, proved: the database was asked, and an assertion is used up.
   * @param spent the assertion was used up by this very call
   */
  async prove(authorization: string, peer: string, spent = false): Promise<Principal | AuthenticationFailure> {
    const askedAt = performance.now();
    const proved = await this.clients.authenticateHeader(authorization, peer, spent);
    if (isFailure(proved)) return proved;
    if (proved.kind === 'agent') return { kind: 'agent', id: proved.id };
    // The one by which the caller was proved is recent enough.
    const { catalog } = await this.registry.current(askedAt);
    return clientIn(catalog, proved.id) ?? this.refused(fail('invalid_client', 'not_registered', 'not registered'));
  }

  /** Who calls by the configuration that was met last; the request then bears the proof that its work has to complete. `null`: prove. */
  async recognise(request: PrincipalRequest): Promise<Principal | null> {
    const { authorization } = request.headers;
    const recent = this.registry.recent();
    if (recent === null || authorization === undefined) return null;
    const { catalog } = recent.registry;
    const known = await this.clients.recogniseHeader(authorization, catalog, recent.configuration);
    if (known === null) return null;
    const principal = known.kind === 'agent' ? ({ kind: 'agent', id: known.id } as const) : clientIn(catalog, known.id);
    if (principal !== null) request.proof = known.proof;
    return principal;
  }

  /** Lets the watch hear of a refusal, and says what the caller may hear of it. */
  refused(failure: AuthenticationFailure): AuthenticationFailure {
    return this.clients.refused(failure);
  }
}

function clientIn(catalog: Catalog, id: string): Principal | null {
  const client = catalog.clients.find((candidate) => candidate.id === id);
  return client === undefined ? null : { kind: 'client', id: client.id, roles: client.roles };
}

/** @throws RefusalError for whoever is not who they say; the same words whatever failed, but for what the caller may be told */
export function orUnauthenticated(principal: Principal | AuthenticationFailure): Principal {
  if (isFailure(principal)) throw new RefusalError(refusalOf(principal));
  return principal;
}

function refusalOf({ error, reason, told }: AuthenticationFailure): Refusal {
  if (error === 'busy') return refuse('unavailable', 'Too many secrets are being checked.', { retryAfterSeconds: 1 });
  const words = 'Authenticate with a signed assertion or a session';
  return told === null
    ? refuse('unauthenticated', `${words}.`)
    : refuse('unauthenticated', `${words}: ${told}.`, { facts: { reason } });
}
