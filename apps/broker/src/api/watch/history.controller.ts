import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { EventPageAnswer, GrantStoryAnswer, OwnGrantStoryAnswer } from '#contracts/watch/history.dto.js';
import { GrantPageAnswer } from '#contracts/watch/grants.dto.js';
import { presentEvent, presentGrant, presentGrantStory, presentGrantStoryForAgent } from '#contracts/presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { History, type EventFilter, type GrantFilter, type GrantPosition } from '#escalations/watch/history.js';
import { EVENT_TYPES } from '#escalations/rows/event-types.js';
import { Store } from '#escalations/ports.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { openCursor } from '../edge/page-cursor.js';
import { PeopleNames } from '../edge/people-names.js';
import { Filters, oneOf, Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

const STATUS = {
  test: /^(ready|active|completed|expired|revoked)$/,
  says: 'must be ready, active, completed, expired or revoked',
};
const TYPE = {
  test: new RegExp(`^(?:${EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|')})$`),
  says: 'must be an event type, such as grant.activated; /openapi.json names them all',
};
const GRANT_FILTERS = ['agent', 'resource', 'action', 'status', 'approver', 'from', 'to'] as const;
const EVENT_FILTERS = ['type', 'agent', 'escalation', 'grant', 'actor', 'from', 'to'] as const;

/** What happened: grants with their whole story, and the audit log. Auditors and operators read all, an agent its own. */
@ApiTags('history')
@ApiExtraModels(GrantStoryAnswer, OwnGrantStoryAnswer)
@Controller('v1')
export class HistoryController {
  constructor(
    private readonly history: History,
    private readonly cursors: CursorSeal,
    private readonly store: Store,
    private readonly names: PeopleNames,
  ) {}

  /** Grants, newest first. `from` is inclusive, `to` exclusive. */
  @Get('grants')
  @Allow('person', 'client', 'agent')
  @Filters(...GRANT_FILTERS)
  @ApiResponse({ status: 200, type: GrantPageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'forbidden', 'too_long', 'out_of_range')
  async grants(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, [...GRANT_FILTERS, 'limit', 'cursor']);
    const asked: GrantFilter = {
      agent: read.text('agent'),
      resource: read.text('resource'),
      action: read.text('action'),
      status: read.text('status', STATUS),
      approver: read.text('approver'),
      from: read.instant('from'),
      to: read.instant('to'),
    };
    const limit = read.limit();
    // What comes back must not tell an agent who approved.
    if (caller.kind === 'agent') read.refuse('approver');
    read.done();
    const filter = await this.scope(caller, asked);
    const boundTo = { page: 'grants', caller: caller.id, kind: caller.kind, filter };
    const after = openCursor<GrantPosition>(this.cursors, query['cursor'], boundTo);
    const { rows, next, now } = await this.history.grants(filter, limit, after);
    return {
      items: rows.map((row) => presentGrant(row, now)),
      next_cursor: next === null ? null : this.cursors.seal(next, boundTo),
    };
  }

  /** One grant: who asked, which rule, who said yes, what was done, and when it ended. It never disappears. */
  @Get('grants/:id')
  @Allow('person', 'client', 'agent')
  @ApiResponse({
    status: 200,
    schema: oneOf(GrantStoryAnswer, OwnGrantStoryAnswer),
    description: 'For auditors and operators, or for its agent.',
  })
  @Problems('forbidden', 'not_found')
  async grant(@Caller() caller: Principal, @Param('id') id: string): Promise<object> {
    const story = await this.history.grantStory(id);
    const missing = new RefusalError(refuse('not_found', 'There is no such grant.'));
    if (caller.kind === 'agent') {
      const { agentUid } = await this.scope(caller, {});
      if (story === null || story.grant.agentUid !== agentUid) throw missing;
      return presentGrantStoryForAgent(story);
    }
    await this.scope(caller, {});
    if (story === null) throw missing;
    return presentGrantStory(story, await this.names.words());
  }

  /** The audit log, newest first. */
  @Get('audit/events')
  @Allow('person', 'client')
  @Filters(...EVENT_FILTERS)
  @ApiResponse({ status: 200, type: EventPageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'forbidden', 'too_long', 'out_of_range')
  async events(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, [...EVENT_FILTERS, 'limit', 'cursor']);
    const filter: EventFilter = {
      type: read.text('type', TYPE),
      agent: read.text('agent'),
      escalation: read.text('escalation'),
      grant: read.text('grant'),
      actor: read.text('actor'),
      from: read.instant('from'),
      to: read.instant('to'),
    };
    const limit = read.limit();
    read.done();
    await this.scope(caller, {});
    const boundTo = { page: 'events', caller: caller.id, kind: caller.kind, filter };
    const after = openCursor<string>(this.cursors, query['cursor'], boundTo);
    const { rows, next } = await this.history.events(filter, limit, after);
    return { items: rows.map(presentEvent), next_cursor: next === null ? null : this.cursors.seal(next, boundTo) };
  }

  /** Auditors and operators see everything; an agent is held to its own grants, whatever it asks for. */
  private async scope(caller: Principal, filter: GrantFilter): Promise<GrantFilter> {
    if (caller.kind === 'agent') {
      const living = await this.store.read.agents.living(caller.id);
      if (living === null) throw new RefusalError(refuse('unauthenticated', 'Unknown agent.'));
      return { ...filter, agentUid: living.uid };
    }
    if (hasRole(caller, 'auditor') || hasRole(caller, 'operator')) return filter;
    throw new RefusalError(refuse('forbidden', 'Only auditors and operators read the history.'));
  }
}
