import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { CallerProof } from '#domain/caller-proof.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import type { OAuthAnswer } from '#oauth/answer.js';
import { answerToken, completesProof } from '#oauth/token-endpoint.js';
import { completingProof } from '#platform/http/completes-proof.js';
import { Public } from '#platform/http/principal.js';
import { ConcurrencyLimiter } from '../../serve/admission-lanes.js';
import { formRequestOf, turnsOf, writeAnswer, type OAuthRequest } from './exchange.js';
import { DescribeToken } from './openapi.js';
import { FormCallers } from './form-callers.js';
import { TokenGrants } from './token-grants.js';

/** The one route that mints (RFC 6749 section 3.2): for an ask at once, a grant's first token, and those that renew it. */
@Public()
@Controller()
export class TokenController {
  constructor(
    private readonly callers: FormCallers,
    private readonly grants: TokenGrants,
    private readonly lanes: ConcurrencyLimiter,
  ) {}

  @Post(OAUTH_ROUTES.token)
  @DescribeToken()
  async token(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return writeAnswer(reply, await this.answer(request));
  }

  /** The first run may leave its caller's proof to its own work; where that has not completed it, the second proves first. */
  private answer(request: OAuthRequest): Promise<OAuthAnswer> {
    let left: CallerProof | undefined;
    let used = false;
    const run = (leaves: boolean): Promise<OAuthAnswer> =>
      answerToken(formRequestOf(request), {
        ...this.grants.services(),
        admit: turnsOf(this.lanes, request),
        authenticator: {
          authenticate: async (proof) => {
            const known = leaves && completesProof(proof.grantType) ? await this.callers.recognise(proof) : null;
            left = known?.proof;
            return known ?? this.callers.prove(proof, used);
          },
        },
      });
    return completingProof(
      run,
      () => left,
      async (spent) => {
        used = spent;
      },
    );
  }
}
