import { Controller, Get, Param } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { ContextAnswer } from '#contracts/watch/context.dto.js';
import { presentContext } from '#contracts/watch/context-presenters.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { ReadContext } from '#escalations/watch/context/read-context.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Problems } from '../edge/problems.js';

/** What a person should know before they decide. */
@ApiTags('inbox')
@Controller('v1/escalations')
export class ContextController {
  constructor(private readonly contexts: ReadContext) {}

  /** Who asks, what it was granted lately, what became of the same ask before, who voted, what happens when. */
  @Get(':id/context')
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: ContextAnswer, description: 'Everything around the escalation.' })
  @Problems('not_found')
  async read(@Caller() caller: Principal, @Param('id') id: string): Promise<object> {
    if (caller.kind === 'person') return presentContext(orRefuse(await this.contexts.forPerson(caller.id, id)));
    if (!hasRole(caller, 'auditor') && !hasRole(caller, 'operator'))
      throw new RefusalError(refuse('not_found', 'There is no such escalation.'));
    return presentContext(orRefuse(await this.contexts.forTool(id)));
  }
}
