import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { SessionAnswer } from '#contracts/history.dto.js';
import { SessionBody } from '#contracts/requests.dto.js';
import { RefusalError } from '#domain/refusal.js';
import { Reader, UnitOfWork } from '#escalations/ports.js';
import { csrfRefusal } from '#identity/csrf.js';
import { Sessions } from '#identity/sessions.js';
import { BrokerIdentity } from '#platform/broker-identity.js';
import { Allow, Caller, Public, type Principal, type PrincipalRequest } from '#platform/principal.js';
import { orRefuse } from './contract.pipe.js';
import { Problems } from './problems.js';

/** People sign in with a one-time code and get a cookie that only this origin can use. */
@ApiTags('sessions')
@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: Reader,
    private readonly identity: BrokerIdentity,
  ) {}

  /** Exchanges a login code for the session cookie. */
  @Post()
  @HttpCode(204)
  @Public()
  @ApiResponse({ status: 204, description: 'Signed in; the cookie is `__Host-writ_session`.' })
  @Problems('unknown_field', 'unauthenticated', 'csrf', 'too_long')
  async open(
    @Body() body: SessionBody,
    @Req() request: PrincipalRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const fetchSite = request.headers['sec-fetch-site'];
    const foreign = csrfRefusal({
      method: 'POST',
      origin: request.headers.origin,
      secFetchSite: Array.isArray(fetchSite) ? fetchSite.join() : fetchSite,
      contentType: request.headers['content-type'],
      issuer: this.identity.issuer,
    });
    if (foreign !== null) throw new RefusalError(foreign);
    const { session, setCookie } = orRefuse(await this.sessions.open(body.code));
    await this.record('session.opened', session.person);
    void reply.header('Set-Cookie', setCookie);
  }

  /** Whose session this is. */
  @Get('current')
  @Allow('person')
  @ApiResponse({ status: 200, type: SessionAnswer, description: 'The session.' })
  current(@Caller() caller: Principal): object {
    return { person: caller.id, roles: caller.kind === 'person' ? caller.roles : [] };
  }

  /** Ends the session. */
  @Delete('current')
  @HttpCode(204)
  @Allow('person')
  @ApiResponse({ status: 204, description: 'Signed out; the cookie is cleared.' })
  async close(
    @Caller() caller: Principal,
    @Req() request: PrincipalRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { setCookie } = await this.sessions.close(request.headers.cookie);
    await this.record('session.closed', caller.id);
    void reply.header('Set-Cookie', setCookie);
  }

  private async record(type: 'session.opened' | 'session.closed', person: string): Promise<void> {
    const now = await this.reader.now();
    await this.unitOfWork.run((tx) => tx.record([{ type, actor: { kind: 'person', id: person } }], now));
  }
}
