import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { NudgeAnswer, NudgeBody } from '#contracts/decide/nudge.dto.js';
import { instant } from '#domain/instant.js';
import { NudgeEscalation } from '#escalations/decide/nudge-escalation.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Problems } from '../edge/problems.js';

/** Whoever answers for an agent may remind the approvers of its request. */
@ApiTags('decisions')
@Controller('v1/escalations')
export class NudgeController {
  constructor(private readonly nudges: NudgeEscalation) {}

  /** Asks the approvers once more, in the threads of the request's cards. For the agent's owner, once. */
  @Post(':id/nudge')
  @HttpCode(200)
  @Allow('person')
  @ApiResponse({ status: 200, type: NudgeAnswer, description: 'The approvers are nudged.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'already_nudged', 'already_decided')
  async nudge(@Caller() caller: Principal, @Param('id') id: string, @Body() _body: NudgeBody): Promise<object> {
    const { at } = orRefuse(await this.nudges.execute(caller.id, id));
    return { escalation: id, nudged_at: instant(at) };
  }
}
