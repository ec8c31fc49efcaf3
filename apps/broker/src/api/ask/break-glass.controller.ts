import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiQuery, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { BreakGlassPageAnswer, BreakGlassUseAnswer, ReviewBody } from '#contracts/ask/break-glass.dto.js';
import { presentBreakGlassUse } from '#contracts/ask/break-glass-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { BreakGlassUses, type BreakGlassPosition } from '#escalations/judge/break-glass.js';
import { ReviewBreakGlass } from '#escalations/ask/review-break-glass.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { openCursor } from '../edge/page-cursor.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Filters, Problems } from '../edge/problems.js';
import { QueryReader } from '../edge/query-reader.js';

const YES_OR_NO = { test: /^(true|false)$/, says: 'must be true or false' };

/** Uses of break-glass, and what operators found about them. */
@ApiTags('break-glass')
@Controller('v1')
export class BreakGlassController {
  constructor(
    private readonly uses: BreakGlassUses,
    private readonly reviews: ReviewBreakGlass,
    private readonly cursors: CursorSeal,
  ) {}

  /** Every use, newest first; `reviewed=false` keeps those that wait for an operator. */
  @Get('break-glass')
  @Allow('person', 'client')
  @ApiQuery({
    name: 'reviewed',
    required: false,
    description: '`true` or `false`: only those.',
    schema: { type: 'boolean' },
  })
  @Filters()
  @ApiResponse({ status: 200, type: BreakGlassPageAnswer, description: 'One page.' })
  @Problems('unknown_field', 'forbidden', 'out_of_range')
  async list(@Caller() caller: Principal, @Query() query: Record<string, unknown>): Promise<object> {
    if (!hasRole(caller, 'auditor') && !hasRole(caller, 'operator'))
      throw new RefusalError(refuse('forbidden', 'Only auditors and operators read the uses of break-glass.'));
    const read = new QueryReader(query, ['reviewed', 'limit', 'cursor']);
    const asked = read.text('reviewed', YES_OR_NO);
    const limit = read.limit();
    read.done();
    const reviewed = asked === undefined ? null : asked === 'true';
    const boundTo = { page: 'break-glass', caller: caller.id, kind: caller.kind, reviewed };
    const after = openCursor<BreakGlassPosition>(this.cursors, query['cursor'], boundTo);
    const { rows, next } = await this.uses.list(reviewed, limit, after);
    return {
      items: rows.map(presentBreakGlassUse),
      next_cursor: next === null ? null : this.cursors.seal(next, boundTo),
    };
  }

  /** An operator has looked at it; the agent may use break-glass again. Nobody reviews for an agent of their own. */
  @Post('escalations/:id/review')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: BreakGlassUseAnswer, description: 'Reviewed.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'already_decided', 'too_long')
  async review(@Caller() caller: Principal, @Param('id') id: string, @Body() body: ReviewBody): Promise<object> {
    if (!hasRole(caller, 'operator'))
      throw new RefusalError(refuse('forbidden', 'Only operators review a break-glass.'));
    const actor = { kind: caller.kind, id: caller.id };
    const { use, review } = orRefuse(await this.reviews.execute(id, actor, body.note.trim()));
    return presentBreakGlassUse({ ...use, reviewed: review });
  }
}
