import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RevokeToken } from '#escalations/revoke-token.js';
import { ClientAuthenticator } from '#identity/authenticate-client.js';
import { answerRevocation } from '#oauth/revocation-endpoint.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { Public } from '#platform/principal.js';
import { formRequestOf, writeAnswer, type OAuthRequest } from './exchange.js';
import { DescribeRevocation } from './openapi.js';

/** Gives back what an agent no longer needs (RFC 7009). */
@Public()
@Controller()
export class RevokeController {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly revokeToken: RevokeToken,
  ) {}

  @Post(OAUTH_ROUTES.revoke)
  @DescribeRevocation()
  async revoke(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const services = { authenticator: this.authenticator, revoke: this.revokeToken };
    return writeAnswer(reply, await answerRevocation(formRequestOf(request), services));
  }
}
