import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { refuse, RefusalError } from '#domain/refusal.js';
import { RegistrySource } from '#escalations/ports.js';
import { isFailure } from '#identity/authentication-failure.js';
import { ClientAuthenticator } from '#identity/authenticate-client.js';
import { csrfRefusal } from '#identity/csrf.js';
import { Sessions } from '#identity/sessions.js';
import { BrokerIdentity } from './broker-identity.js';
import { ALLOWED_KEY, type Principal, type PrincipalKind, type PrincipalRequest } from './principal.js';

/**
 * Secure by default: a route names the kinds of principal it serves, or is public. An Authorization header speaks for
 * agents and clients, the session cookie for people; a request with both is judged by the header.
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly clients: ClientAuthenticator,
    private readonly sessions: Sessions,
    private readonly registry: RegistrySource,
    private readonly identity: BrokerIdentity,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const allowed = this.reflector.getAllAndOverride<PrincipalKind[] | 'public' | undefined>(ALLOWED_KEY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (allowed === 'public') return true;
    const request = context.switchToHttp().getRequest<PrincipalRequest>();
    const principal = await this.authenticate(request);
    if (principal === null)
      throw new RefusalError(refuse('unauthenticated', 'Authenticate with a signed assertion or a session.'));
    if (!(allowed ?? []).includes(principal.kind))
      throw new RefusalError(refuse('forbidden', 'This route is not for this kind of caller.'));
    request.principal = principal;
    return true;
  }

  private async authenticate(request: PrincipalRequest): Promise<Principal | null> {
    const { authorization, cookie, origin } = request.headers;
    if (authorization !== undefined) return this.byHeader(authorization, request.ip);
    const session = await this.sessions.current(cookie);
    if (session === null) return null;
    const fetchSite = request.headers['sec-fetch-site'];
    const crossSite = csrfRefusal({
      method: request.method,
      origin,
      secFetchSite: Array.isArray(fetchSite) ? fetchSite.join() : fetchSite,
      contentType: request.headers['content-type'],
      issuer: this.identity.issuer,
    });
    if (crossSite !== null) throw new RefusalError(crossSite);
    const { catalog } = await this.registry.current();
    const person = catalog.people.find((candidate) => candidate.id === session.person);
    return person === undefined ? null : { kind: 'person', id: person.id, roles: person.roles, session: session.id };
  }

  private async byHeader(authorization: string, peer: string): Promise<Principal | null> {
    const proved = await this.clients.authenticateHeader(authorization, peer);
    if (isFailure(proved)) {
      if (proved.error === 'busy')
        throw new RefusalError(refuse('unavailable', 'Too many secrets are being checked.', { retryAfterSeconds: 1 }));
      return null;
    }
    if (proved.kind === 'agent') return { kind: 'agent', id: proved.id };
    const { catalog } = await this.registry.current();
    const client = catalog.clients.find((candidate) => candidate.id === proved.id);
    return client === undefined ? null : { kind: 'client', id: client.id, roles: client.roles };
  }
}
