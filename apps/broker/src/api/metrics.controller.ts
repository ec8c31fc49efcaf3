import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiExcludeController } from '#contracts/describe.js';
import type { FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '#domain/refusal.js';
import { RegistrySource } from '#escalations/ports.js';
import { isFailure } from '#identity/authentication-failure.js';
import { ClientAuthenticator } from '#identity/authenticate-client.js';
import { hostSpelling } from '#identity/web-origin.js';
import { isLoopbackHost } from '#platform/config/network-addresses.js';
import { MetricsPage } from '#platform/metrics-page.js';
import { Public } from '#platform/principal.js';

/**
 * What Prometheus reads. Open to this machine itself, to everybody else by the credentials of a client with the role
 * `operator`.
 */
@ApiExcludeController()
@Controller()
export class MetricsController {
  constructor(
    private readonly page: MetricsPage,
    private readonly clients: ClientAuthenticator,
    private readonly registry: RegistrySource,
  ) {}

  @Get('metrics')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async metrics(@Req() request: FastifyRequest): Promise<string> {
    if (request.headers.authorization !== undefined || !isOfThisMachine(request)) await this.admit(request);
    return (await this.page.render()).text;
  }

  private async admit({ headers, ip }: FastifyRequest): Promise<void> {
    const proved =
      headers.authorization === undefined ? null : await this.clients.authenticateHeader(headers.authorization, ip);
    if (proved !== null && isFailure(proved) && proved.error === 'busy')
      throw new RefusalError(refuse('unavailable', 'Too many secrets are being checked.', { retryAfterSeconds: 1 }));
    if (proved === null || isFailure(proved))
      throw new RefusalError(refuse('unauthenticated', 'Authenticate as a client with the role operator.'));
    const { catalog } = await this.registry.current();
    const client = proved.kind === 'client' ? catalog.clients.find(({ id }) => id === proved.id) : undefined;
    if (client?.roles.includes('operator') !== true)
      throw new RefusalError(refuse('forbidden', 'Metrics are for clients with the role operator.'));
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
