import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { KillAnswer, KillBody } from '#contracts/end/kill.dto.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { KillSwitch } from '#escalations/end/kill-switch.js';
import { Allow, Caller, hasRole, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Problems } from '../edge/problems.js';

/** The kill switches, for operators. */
@ApiTags('revocations')
@Controller('v1/kill')
export class KillController {
  constructor(private readonly switches: KillSwitch) {}

  /**
   * Ends at once, at the cost of one row: all that an agent holds and asks (it stays suspended), all of one task, every
   * grant that a person approved, or every token that a key signed (the key is compromised for ever).
   */
  @Post()
  @HttpCode(200)
  @Allow('person', 'client')
  @ApiResponse({ status: 200, type: KillAnswer, description: 'Ended. Repeating it ends what came in between.' })
  @Problems('unknown_field', 'forbidden', 'not_found', 'too_long')
  async kill(@Caller() caller: Principal, @Body() body: KillBody): Promise<KillAnswer> {
    if (!hasRole(caller, 'operator'))
      throw new RefusalError(refuse('forbidden', 'Only operators use the kill switches.'));
    const { kind, id, reason } = body;
    const { ended } = orRefuse(await this.switches.execute({ kind, id, reason }, { kind: caller.kind, id: caller.id }));
    return { kind, id, ended };
  }
}
