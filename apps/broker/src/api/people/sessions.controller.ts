import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import type { FastifyReply } from 'fastify';
import { SessionAnswer } from '#contracts/people/sessions.dto.js';
import { presentSession } from '#contracts/people/sessions-presenters.js';
import { SessionListAnswer, SignInOptionsAnswer } from '#contracts/people/sessions.dto.js';
import { SessionBody } from '#contracts/people/sessions.dto.js';
import { isRefusal, refuse, RefusalError } from '#domain/refusal.js';
import { csrfRefusal } from '#identity/people/csrf.js';
import { Sessions } from '#identity/people/sessions.js';
import { BrokerIdentity } from '#platform/http/broker-identity.js';
import { Allow, Caller, hasRole, Public, type Principal, type PrincipalRequest } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { CurrentSession } from './current-session.js';
import { InboxStreams } from '../watch/inbox-streams.js';
import { Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';
import { SessionJournal } from './session-journal.js';

/** People sign in with a one-time code and get a cookie that only this origin can use. */
@ApiTags('sessions')
@Controller('v1')
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly journal: SessionJournal,
    private readonly streams: InboxStreams,
    private readonly view: CurrentSession,
    private readonly identity: BrokerIdentity,
  ) {}

  /** Exchanges a login code for the session cookie. */
  @Post('sessions')
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
    const opened = await this.sessions.open(body.code);
    if (isRefusal(opened)) this.journal.failed();
    const { session, setCookie } = orRefuse(opened);
    await this.journal.opened(session.person, session.signedInBy);
    void reply.header('Set-Cookie', setCookie);
  }

  /** Whose session this is. */
  @Get('sessions/current')
  @Allow('person')
  @ApiResponse({ status: 200, type: SessionAnswer, description: 'The session.' })
  current(@Caller() caller: Principal, @Req() request: PrincipalRequest): Promise<object> {
    return this.view.of(caller, request.headers.cookie);
  }

  /** How one may sign in here, for whoever is not signed in yet. */
  @Get('sessions/options')
  @Public()
  @ApiResponse({ status: 200, type: SignInOptionsAnswer, description: 'The ways beside a one-time code.' })
  options(): object {
    return this.view.options();
  }

  /** Ends the session. */
  @Delete('sessions/current')
  @HttpCode(204)
  @Allow('person')
  @ApiResponse({ status: 204, description: 'Signed out; the cookie is cleared.' })
  async close(
    @Caller() caller: Principal,
    @Req() request: PrincipalRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { setCookie } = await this.sessions.close(request.headers.cookie);
    if (caller.kind === 'person') this.streams.endOf(caller.session);
    await this.journal.closed(caller.id, caller.id);
    void reply.header('Set-Cookie', setCookie);
  }

  /** Your sessions, newest first; an operator may ask for somebody else's. */
  @Get('people/sessions')
  @Allow('person')
  @ApiQuery({ name: 'person', required: false, description: 'Whose; for operators.', schema: { type: 'string' } })
  @ApiResponse({ status: 200, type: SessionListAnswer, description: 'The living sessions.' })
  @Problems('unknown_field', 'forbidden', 'too_long')
  async list(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, ['person']);
    const person = read.text('person') ?? caller.id;
    read.done();
    if (person !== caller.id && !hasRole(caller, 'operator'))
      throw new RefusalError(refuse('forbidden', 'Only operators see the sessions of others.'));
    const sessions = await this.sessions.of(person);
    const current = caller.kind === 'person' ? caller.session : null;
    return { items: sessions.map((session) => presentSession(session, session.id === current)) };
  }

  /** Ends a session of yours, or as an operator anybody's. Its cookie is worth nothing from then on. */
  @Delete('people/sessions/:id')
  @HttpCode(204)
  @Allow('person')
  @ApiResponse({ status: 204, description: 'Ended.' })
  @Problems('not_found')
  async end(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    const person = await this.sessions.end(id, hasRole(caller, 'operator') ? null : caller.id);
    if (person === null) throw new RefusalError(refuse('not_found', 'There is no such session.'));
    this.streams.endOf(id);
    await this.journal.closed(caller.id, person);
  }
}
