import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { IntrospectToken } from '#escalations/use/introspect-token.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { answerIntrospection } from '#oauth/introspection-endpoint.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { Public } from '#platform/http/principal.js';
import { ConcurrencyLimiter } from '../../serve/admission-lanes.js';
import { formRequestOf, turnsOf, writeAnswer, type OAuthRequest } from './exchange.js';
import { DescribeIntrospection } from './openapi.js';

/** Tells a verifier whether a token is good now (RFC 7662). */
@Public()
@Controller()
export class IntrospectController {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly introspectToken: IntrospectToken,
    private readonly lanes: ConcurrencyLimiter,
  ) {}

  @Post(OAUTH_ROUTES.introspect)
  @DescribeIntrospection()
  async introspect(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { authenticator, introspectToken: introspect } = this;
    const services = { authenticator, introspect, admit: turnsOf(this.lanes, request) };
    return writeAnswer(reply, await answerIntrospection(formRequestOf(request), services));
  }
}
