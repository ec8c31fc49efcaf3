import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { refuse, RefusalError } from '#domain/refusal.js';
import { RegistrySource } from '#escalations/ports.js';
import { fail, type AuthenticationFailure } from '#identity/agents/authentication-failure.js';
import { csrfRefusal } from '#identity/people/csrf.js';
import { SESSION_COOKIE } from '#identity/people/session-cookie.js';
import { Sessions } from '#identity/people/sessions.js';
import { BrokerIdentity } from './broker-identity.js';
import { CallerOfHeader, orUnauthenticated } from './caller-of-header.js';
import {
  ALLOWED_KEY,
  COMPLETES_PROOF_KEY,
  type Principal,
  type PrincipalKind,
  type PrincipalRequest,
} from './principal.js';

/**
 * Secure by default: a route names the kinds of principal it serves, or is public. An Authorization header speaks for
 * agents and clients, the session cookie for people; a request with both is judged by the header.
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly headers: CallerOfHeader,
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
    const completes = this.reflector.get<boolean | undefined>(COMPLETES_PROOF_KEY, context.getHandler()) === true;
    const known = completes ? await this.headers.recognise(request) : null;
    const principal = known ?? orUnauthenticated(await this.authenticate(request));
    if (!(allowed ?? []).includes(principal.kind))
      throw new RefusalError(refuse('forbidden', 'This route is not for this kind of caller.'));
    request.principal = principal;
    return true;
  }

  private async authenticate(request: PrincipalRequest): Promise<Principal | AuthenticationFailure> {
    const { authorization, cookie, origin } = request.headers;
    if (authorization !== undefined) return this.headers.prove(authorization, request.ip);
    const session = await this.sessions.current(cookie);
    if (session === null) return this.headers.refused(withoutSession(cookie));
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
    if (person === undefined)
      return this.headers.refused(fail('invalid_client', 'not_registered', 'the session’s person is gone'));
    return { kind: 'person', id: person.id, roles: person.roles, session: session.id };
  }
}

/** A cookie that opens nothing is told from none: the first is a session that ended. */
function withoutSession(cookie: string | undefined): AuthenticationFailure {
  return (cookie ?? '').includes(`${SESSION_COOKIE}=`)
    ? fail('invalid_client', 'no_session', 'the session is over or was never opened')
    : fail('invalid_client', 'no_credentials', 'no authentication');
}
