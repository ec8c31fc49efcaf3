import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RegistrySource, type Recent } from '#escalations/ports.js';
import { IntrospectToken } from '#escalations/use/introspect-token.js';
import { ClientAuthenticator } from '#identity/agents/authenticate-client.js';
import type { OAuthAnswer } from '#oauth/answer.js';
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
    private readonly registry: RegistrySource,
    private readonly lanes: ConcurrencyLimiter,
  ) {}

  @Post(OAUTH_ROUTES.introspect)
  @DescribeIntrospection()
  async introspect(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const askedAt = performance.now();
    const answer =
      (await this.answer(request, askedAt, this.registry.recent())) ?? (await this.answer(request, askedAt, null));
    return writeAnswer(reply, answer as OAuthAnswer);
  }

  /**
   * @param recent a configuration by which a caller whose secret was proved before is known without asking: what is read
   * of the token says whether it is still in force
   * @returns `null` when it was not
   */
  private async answer(request: OAuthRequest, askedAt: number, recent: Recent | null): Promise<OAuthAnswer | null> {
    let under: Recent | undefined;
    let moved = false;
    const answer = await answerIntrospection(formRequestOf(request), {
      authenticator: {
        authenticate: async (proof) => {
          if (recent === null) return this.authenticator.authenticate(proof);
          const { registry, configuration } = recent;
          const known = await this.authenticator.recognise(proof, registry.catalog, configuration);
          // Nothing here would use an assertion up.
          if (known === null || known.proof.assertion !== null) return this.authenticator.authenticate(proof);
          under = recent;
          return { kind: known.kind, id: known.id, suspended: false };
        },
      },
      introspect: {
        execute: async (caller, token) => {
          const said = await this.introspectToken.execute(caller, token, { askedAt, ...(under && { under }) });
          moved = said === 'moved';
          return said === 'moved' ? null : said;
        },
      },
      admit: turnsOf(this.lanes, request),
    });
    return moved ? null : answer;
  }
}
