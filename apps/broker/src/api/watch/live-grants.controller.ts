import { Controller, Get, Query } from '@nestjs/common';
import { ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { LiveFiguresAnswer, LiveGrantPageAnswer } from '#contracts/watch/live-grants.dto.js';
import { presentLiveFigures, presentLivePage } from '#contracts/watch/live-grants-presenters.js';
import type { Risk } from '#domain/policy-decision.js';
import type { LivePosition, LiveState } from '#escalations/watch/live-authority.js';
import { ReadLiveGrants } from '#escalations/watch/read-live-grants.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { openCursor } from '../edge/page-cursor.js';
import { Filters, Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

const STATE = { test: /^(active|ready)$/, says: 'must be active or ready' };
const RISK = { test: /^(high|medium|low)$/, says: 'must be high, medium or low' };

/** What agents hold at this moment, for people. */
@ApiTags('grants')
@Controller('v1/people/grants')
export class LiveGrantsController {
  constructor(
    private readonly grants: ReadLiveGrants,
    private readonly cursors: CursorSeal,
  ) {}

  /**
   * Live grants, the highest risk first, then the nearest end: `active`, which were collected, or `ready` to be. Auditors
   * and operators read all, others those that they may end.
   */
  @Get()
  @Allow('person')
  @ApiQuery({
    name: 'status',
    required: false,
    description: '`active` by default.',
    schema: { type: 'string', enum: ['active', 'ready'] },
  })
  @ApiQuery({
    name: 'risk',
    required: false,
    description: 'The highest risk of the granted actions.',
    schema: { type: 'string', enum: ['high', 'medium', 'low'] },
  })
  @ApiQuery({ name: 'text', required: false, description: 'Part of the id or name of an agent or a resource.' })
  @Filters('agent', 'resource')
  @ApiResponse({ status: 200, type: LiveGrantPageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'forbidden', 'too_long', 'out_of_range')
  async page(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, ['status', 'risk', 'agent', 'resource', 'text', 'limit', 'cursor']);
    const asked = {
      state: (read.text('status', STATE) ?? 'active') as LiveState,
      risk: read.text('risk', RISK) as Risk | undefined,
      agent: read.text('agent'),
      resource: read.text('resource'),
      text: read.text('text'),
    };
    const limit = read.limit();
    read.done();
    const boundTo = { page: 'live-grants', caller: caller.id, asked };
    const after = openCursor<LivePosition>(this.cursors, query['cursor'], boundTo);
    const page = orRefuse(await this.grants.page(caller.id, asked, limit, after));
    return {
      ...presentLivePage(page),
      next_cursor: page.next === null ? null : this.cursors.seal(page.next, boundTo),
    };
  }

  /** How many live grants there are, by status and risk, and of which agents and resources. */
  @Get('counts')
  @Allow('person')
  @ApiQuery({ name: 'agent', required: false, description: 'Id of the agent.' })
  @ApiQuery({ name: 'resource', required: false, description: 'Id of the resource, byte for byte.' })
  @ApiQuery({ name: 'text', required: false, description: 'Part of the id or name of an agent or a resource.' })
  @ApiResponse({ status: 200, type: LiveFiguresAnswer, description: 'The counts of this moment.' })
  @Problems('unknown_field', 'forbidden', 'too_long')
  async counts(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    const read = new QueryReader(query, ['agent', 'resource', 'text']);
    const asked = { agent: read.text('agent'), resource: read.text('resource'), text: read.text('text') };
    read.done();
    return presentLiveFigures(orRefuse(await this.grants.figures(caller.id, asked)));
  }
}
