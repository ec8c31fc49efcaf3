import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RedeemGrant } from '#escalations/collect/redeem-grant.js';
import { RenewToken } from '#escalations/collect/renew-token.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { answerToken } from '#oauth/token-endpoint.js';
import { Public } from '#platform/http/principal.js';
import { ConcurrencyLimiter } from '../../serve/admission-lanes.js';
import { formRequestOf, turnsOf, writeAnswer, type OAuthRequest } from './exchange.js';
import { DescribeToken } from './openapi.js';
import { TokenAsks } from './token-asks.js';

/** The one route that mints (RFC 6749 section 3.2): for an ask at once, a grant's first token, and those that renew it. */
@Public()
@Controller()
export class TokenController {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly asks: TokenAsks,
    private readonly redeem: RedeemGrant,
    private readonly renew: RenewToken,
    private readonly lanes: ConcurrencyLimiter,
  ) {}

  @Post(OAUTH_ROUTES.token)
  @DescribeToken()
  async token(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { authenticator, asks, redeem, renew } = this;
    const services = { authenticator, asks, redeem, renew, admit: turnsOf(this.lanes, request) };
    return writeAnswer(reply, await answerToken(formRequestOf(request), services));
  }
}
