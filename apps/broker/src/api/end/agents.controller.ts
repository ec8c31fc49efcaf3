import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { DeniedAnswer, DenyPendingBody } from '#contracts/decide/deny-pending.dto.js';
import { AgentStandingAnswer } from '#contracts/end/suspension.dto.js';
import { SuspendBody } from '#contracts/end/suspension.dto.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { DenyPending } from '#escalations/decide/deny-pending.js';
import { SuspendAgent } from '#escalations/end/suspend-agent.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Problems } from '../edge/problems.js';

/** The kill switch of an agent, for operators. */
@ApiTags('agents')
@Controller('v1/agents')
export class AgentsController {
  constructor(
    private readonly agents: SuspendAgent,
    private readonly denials: DenyPending,
  ) {}

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

  /** Denies everything the agent waits for: operators all of it, approvers what they may decide. Repeating it denies nothing more. */
  @Post(':id/deny-pending')
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: DeniedAnswer, description: 'How many were denied.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'too_long')
  async denyPending(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: DenyPendingBody,
  ): Promise<object> {
    const isOperator = hasRole(caller, 'operator');
    if (!isOperator && !hasRole(caller, 'approver'))
      throw new RefusalError(refuse('forbidden', 'Only operators and approvers deny what an agent asks.'));
    const actor = { kind: caller.kind, id: caller.id };
    const order = { agentId: id, actor, operator: isOperator, reason: body.reason };
    return { agent: id, ...orRefuse(await this.denials.execute(order)) };
  }
}

function operator(caller: Principal): void {
  if (!hasRole(caller, 'operator'))
    throw new RefusalError(refuse('forbidden', 'Only operators suspend and resume agents.'));
}
