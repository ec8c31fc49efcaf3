import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RevokeToken } from '#escalations/end/revoke-token.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { answerRevocation } from '#oauth/revocation-endpoint.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { Public } from '#platform/http/principal.js';
import { ConcurrencyLimiter } from '../../serve/admission-lanes.js';
import { formRequestOf, turnsOf, writeAnswer, type OAuthRequest } from './exchange.js';
import { DescribeRevocation } from './openapi.js';

/** Gives back what an agent no longer needs (RFC 7009). */
@Public()
@Controller()
export class RevokeController {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly revokeToken: RevokeToken,
    private readonly lanes: ConcurrencyLimiter,
  ) {}

  @Post(OAUTH_ROUTES.revoke)
  @DescribeRevocation()
  async revoke(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { authenticator, revokeToken: revoke } = this;
    const services = { authenticator, revoke, admit: turnsOf(this.lanes, request) };
    return writeAnswer(reply, await answerRevocation(formRequestOf(request), services));
  }
}
