import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiProduces, ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import type { FastifyReply } from 'fastify';
import { InboxPageAnswer } from '#contracts/watch/inbox.dto.js';
import { presentCounted, presentInboxItem } from '#contracts/watch/inbox-presenters.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import type { InboxPosition, InboxView } from '#escalations/watch/inbox.js';
import { NARROWED_BY, type PendingFilter } from '#escalations/watch/pending-matches.js';
import { ReadInbox } from '#escalations/watch/read-inbox.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { Allow, Caller, type Principal, type PrincipalRequest } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { openEventStream } from '../edge/event-stream.js';
import { InboxStreams } from './inbox-streams.js';
import { openCursor } from '../edge/page-cursor.js';
import { Filters, Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

const RISK = { test: /^(low|medium|high)$/, says: 'must be low, medium or high' };
const SEARCH = { test: /^(?=.*\S)[^\r\n]{1,200}$/u, says: 'must be one line of at most 200 characters, not blank' };
const NAMES = [...NARROWED_BY, 'q'] as const;
const VIEW = { test: /^(pending|live|decided)$/, says: 'must be pending, live or decided' };

/** What waits for the person who asks. */
@ApiTags('inbox')
@Controller('v1/inbox')
export class InboxController {
  constructor(
    private readonly inbox: ReadInbox,
    private readonly cursors: CursorSeal,
    private readonly streams: InboxStreams,
  ) {}

  /**
   * `pending`: what you may decide now, the nearest deadline first, narrowed by `risk`, `group`, `agent`, `resource` and
   * `q`; its first page counts what there is. `live`: grants that you approved, or may end as an
   * operator or owner. `decided`: your votes, newest first.
   */
  @Get()
  @Allow('person')
  @ApiQuery({
    name: 'view',
    required: false,
    description: 'Which of the three; `pending` by default.',
    schema: { type: 'string', enum: ['decided', 'live', 'pending'] },
  })
  @ApiQuery({
    name: 'risk',
    required: false,
    description: 'Of `pending`: this risk alone.',
    schema: { type: 'string', enum: ['low', 'medium', 'high'] },
  })
  @ApiQuery({
    name: 'group',
    required: false,
    description: 'Of `pending`: what is asked of this group.',
    schema: { type: 'string' },
  })
  @ApiQuery({
    name: 'q',
    required: false,
    description:
      'Of `pending`: words that all occur in the id, agent, resource, actions, sentence, identifiers, arguments, task id or ticket, in any case.',
    schema: { type: 'string', minLength: 1, maxLength: 200 },
  })
  @Filters('agent', 'resource')
  @ApiResponse({ status: 200, type: InboxPageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'too_long', 'out_of_range')
  async page(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, ['view', 'limit', 'cursor', ...NAMES]);
    const view = (read.text('view', VIEW) ?? 'pending') as InboxView;
    if (view !== 'pending') for (const name of NAMES) read.refuse(name);
    const filter = filterOf(read);
    const limit = read.limit();
    read.done();
    const boundTo = { page: 'inbox', caller: caller.id, view, ...filter };
    const after = openCursor<InboxPosition>(this.cursors, query['cursor'], boundTo);
    const page = orRefuse(
      view === 'pending'
        ? await this.inbox.pending(caller.id, filter, limit, after)
        : await this.inbox.page(caller.id, view, limit, after),
    );
    return {
      items: page.items.map((item) => presentInboxItem(item, page.words)),
      next_cursor: page.next === null ? null : this.cursors.seal(page.next, boundTo),
      ...presentCounted(page.counted),
    };
  }

  /**
   * Server-sent events: `changed` names an escalation that you may read and that may have changed, or `null` after a gap
   * in which any may have. `beat` comes every second and tells nothing but that the stream comes through. Ends with the
   * session; read the inbox anew after every opening.
   */
  @Get('stream')
  @Allow('person')
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    description: 'Events for as long as the session lives.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @Problems('rate_limited')
  stream(@Caller() caller: Principal, @Req() request: PrincipalRequest, @Res() reply: FastifyReply): void {
    if (caller.kind !== 'person') throw new Error('only people have an inbox');
    if (!this.streams.hasRoom(caller.session))
      throw new RefusalError(
        refuse('rate_limited', `At most ${LIMITS.streamsPerSessionMax} streams a session.`, {
          retryAfterSeconds: LIMITS.streamHeartbeatSeconds,
        }),
      );
    const { id: person, session } = caller;
    this.streams.serve({ person, session, cookie: request.headers.cookie }, openEventStream(reply));
  }
}

function filterOf(read: QueryReader): PendingFilter {
  const asked = NAMES.map((name) => [
    name,
    read.text(name, name === 'risk' ? RISK : name === 'q' ? SEARCH : undefined),
  ]);
  return Object.fromEntries(asked.filter(([, value]) => value !== undefined)) as PendingFilter;
}
