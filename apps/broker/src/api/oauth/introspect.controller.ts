import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { CallerProof } from '#domain/caller-proof.js';
import { IntrospectToken } from '#escalations/use/introspect-token.js';
import type { OAuthAnswer } from '#oauth/answer.js';
import { answerIntrospection } from '#oauth/introspection-endpoint.js';
import { OAUTH_ROUTES } from '#oauth/routes.js';
import { completingProof } from '#platform/http/completes-proof.js';
import { Public } from '#platform/http/principal.js';
import { ConcurrencyLimiter } from '../../serve/admission-lanes.js';
import { FormCallers } from './form-callers.js';
import { formRequestOf, turnsOf, writeAnswer, type OAuthRequest } from './exchange.js';
import { DescribeIntrospection } from './openapi.js';

/** Tells a verifier whether a token is good now (RFC 7662). */
@Public()
@Controller()
export class IntrospectController {
  constructor(
    private readonly callers: FormCallers,
    private readonly introspectToken: IntrospectToken,
    private readonly lanes: ConcurrencyLimiter,
  ) {}

  @Post(OAUTH_ROUTES.introspect)
  @DescribeIntrospection()
  async introspect(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return writeAnswer(reply, await this.answer(request, performance.now()));
  }

  /** What is read of the token confirms a caller whose secret was proved before; where it does not, the second run asks. */
  private answer(request: OAuthRequest, askedAt: number): Promise<OAuthAnswer> {
    let left: CallerProof | undefined;
    const run = (leaves: boolean): Promise<OAuthAnswer> =>
      answerIntrospection(formRequestOf(request), {
        admit: turnsOf(this.lanes, request),
        authenticator: {
          authenticate: async (proof) => {
            const known = leaves ? await this.callers.recognise(proof) : null;
            // Nothing here would use an assertion up.
            left = known?.proof.assertion === null ? known.proof : undefined;
            return left === undefined || known === null ? this.callers.prove(proof, false) : known;
          },
        },
        introspect: {
          execute: (caller, token) =>
            this.introspectToken.execute(caller, token, { askedAt, ...(left && { proof: left }) }),
        },
      });
    return completingProof(
      run,
      () => left,
      () => Promise.resolve(),
    );
  }
}
