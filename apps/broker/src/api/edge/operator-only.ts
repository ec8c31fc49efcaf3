import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '#domain/refusal.js';
import { RegistrySource } from '#escalations/ports.js';
import { isFailure } from '#identity/agents/authentication-failure.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { Sessions } from '#identity/people/sessions.js';
import { hostSpelling } from '#identity/people/web-origin.js';
import { isLoopbackHost } from '#platform/outbound/network-addresses.js';

/** Lets in this machine itself, clients with the role `operator` and, where a page asks too, people with it. */
@Injectable()
export class OperatorOnly {
  constructor(
    private readonly clients: ClientAuthenticator,
    private readonly sessions: Sessions,
    private readonly registry: RegistrySource,
  ) {}

  /** @throws RefusalError for everybody but this machine and clients with the role `operator`; @param what they are for */
  async admitClient(request: FastifyRequest, what: string): Promise<void> {
    if (request.headers.authorization === undefined && isOfThisMachine(request)) return;
    await this.client(request, what);
  }

  /** The same, and a session of a person with the role. */
  async admit(request: FastifyRequest, what: string): Promise<void> {
    const { authorization, cookie } = request.headers;
    const session = authorization === undefined ? await this.sessions.current(cookie) : null;
    if (session === null) return this.admitClient(request, what);
    const { catalog } = await this.registry.current();
    const person = catalog.people.find(({ id }) => id === session.person);
    if (person?.roles.includes('operator') !== true)
      throw new RefusalError(refuse('forbidden', `${what} for people and clients with the role operator.`));
  }

  private async client({ headers, ip }: FastifyRequest, what: string): Promise<void> {
    const proved =
      headers.authorization === undefined ? null : await this.clients.authenticateHeader(headers.authorization, ip);
    if (proved !== null && isFailure(proved) && proved.error === 'busy')
      throw new RefusalError(refuse('unavailable', 'Too many secrets are being checked.', { retryAfterSeconds: 1 }));
    if (proved === null || isFailure(proved))
      throw new RefusalError(refuse('unauthenticated', 'Authenticate as a client with the role operator.'));
    const { catalog } = await this.registry.current();
    const client = proved.kind === 'client' ? catalog.clients.find(({ id }) => id === proved.id) : undefined;
    if (client?.roles.includes('operator') !== true)
      throw new RefusalError(refuse('forbidden', `${what} for clients with the role operator.`));
  }
}

/**
 * The peer of the socket is this machine, and it speaks for itself: a proxy in front comes from loopback too, but names
 * whom it speaks for, or passes on the name under which it was called.
 */
function isOfThisMachine({ socket, headers }: FastifyRequest): boolean {
  const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const forwarded = Object.keys(headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-') || name === 'x-real-ip' || name === 'via',
  );
  const host = (hostSpelling(headers.host ?? '', 'http:') ?? '').replace(/:\d+$/, '');
  return isLoopbackHost(peer) && !forwarded && isLoopbackHost(host);
}
