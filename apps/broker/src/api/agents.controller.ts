import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentStandingAnswer } from '#contracts/history.dto.js';
import { SuspendBody } from '#contracts/requests.dto.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { SuspendAgent } from '#escalations/suspend-agent.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/principal.js';
import { orRefuse } from './contract.pipe.js';
import { Problems } from './problems.js';

/** The kill switch of an agent, for operators. */
@ApiTags('agents')
@Controller('v1/agents')
export class AgentsController {
  constructor(private readonly agents: SuspendAgent) {}

  /** Ends everything the agent holds and asks. Repeating it changes nothing. */
  @Post(':id/suspend')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: AgentStandingAnswer, description: 'Suspended.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'too_long')
  async suspend(@Caller() caller: Principal, @Param('id') id: string, @Body() body: SuspendBody): Promise<object> {
    operator(caller);
    return {
      agent: id,
      ...orRefuse(await this.agents.suspend(id, { kind: caller.kind, id: caller.id }, body.reason ?? null)),
    };
  }

  /** Lets the agent ask again. Nothing that ended comes back. */
  @Post(':id/resume')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: AgentStandingAnswer, description: 'Not suspended.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'too_long')
  async resume(@Caller() caller: Principal, @Param('id') id: string, @Body() body: SuspendBody): Promise<object> {
    operator(caller);
    return {
      agent: id,
      ...orRefuse(await this.agents.resume(id, { kind: caller.kind, id: caller.id }, body.reason ?? null)),
    };
  }
}

function operator(caller: Principal): void {
  if (!hasRole(caller, 'operator'))
    throw new RefusalError(refuse('forbidden', 'Only operators suspend and resume agents.'));
}
