import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import type { FastifyReply } from 'fastify';
import { RevocationsAnswer } from '#contracts/watch/revocations.dto.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { Allow, Caller, hasRole, type Principal, type PrincipalRequest } from '#platform/http/principal.js';
import { openEventStream } from '../edge/event-stream.js';
import { Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';
import { RevocationPages } from './revocation-pages.js';
import { RevocationStreams } from './revocation-streams.js';

const SECONDS = { test: /^\d{1,6}$/, says: 'must be a whole number of seconds' };

/** What verifiers follow, so that a token that ended is refused within two seconds everywhere. */
@ApiTags('revocations')
@Controller('v1/revocations')
export class RevocationsController {
  constructor(
    private readonly pages: RevocationPages,
    private readonly streams: RevocationStreams,
  ) {}

  /**
   * What ended before its time, for the audiences that you verify. Without `after` everything that still matters; with
   * the cursor of the last answer what came since, each once and none left out.
   */
  @Get()
  @Allow('client')
  @ApiQuery({ name: 'after', required: false, description: '`cursor` of the last answer.', schema: { type: 'string' } })
  @ApiQuery({
    name: 'wait',
    required: false,
    description: 'Seconds to wait for something to end, at most 20.',
    schema: { type: 'integer', minimum: 0 },
  })
  @ApiResponse({ status: 200, type: RevocationsAnswer, description: 'One page; empty when nothing ended meanwhile.' })
  @Problems('unknown_field', 'forbidden', 'rate_limited')
  async read(
    @Caller() caller: Principal,
    @Query() query: Record<string, unknown>,
    @Req() request: PrincipalRequest,
  ): Promise<RevocationsAnswer> {
    verifier(caller);
    const reading = new QueryReader(query, ['after', 'wait']);
    const seconds = Number(reading.text('wait', SECONDS) ?? '0');
    reading.done();
    const cursor = typeof query['after'] === 'string' ? query['after'] : null;
    this.pages.check(caller.id, cursor, 'after');
    const leave = this.pages.enter(caller.id);
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    try {
      const wait = Math.min(seconds, LIMITS.longPollSecondsMax) * 1000;
      return await this.pages.next(caller.id, cursor, wait, gone.signal);
    } finally {
      leave();
    }
  }

  /**
   * The same as server-sent events: `revocations` events whose data is an answer of `GET /v1/revocations` and whose id is
   * its cursor. The first comes at once, an empty one at least every five seconds.
   */
  @Get('stream')
  @Allow('client')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The last cursor, to go on from.' })
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    description: 'Events until either side ends it.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @Problems('forbidden', 'rate_limited')
  stream(@Caller() caller: Principal, @Req() request: PrincipalRequest, @Res() reply: FastifyReply): void {
    verifier(caller);
    const last = request.headers['last-event-id'];
    const cursor = typeof last === 'string' && last !== '' ? last : null;
    this.pages.check(caller.id, cursor, 'Last-Event-ID');
    const leave = this.pages.enter(caller.id);
    void this.streams.serve(caller.id, cursor, openEventStream(reply)).finally(leave);
  }
}

function verifier(caller: Principal): void {
  if (!hasRole(caller, 'verifier')) throw new RefusalError(refuse('forbidden', 'Only verifiers follow revocations.'));
}
