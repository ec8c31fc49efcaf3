import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { ConsumeAnswer } from '#contracts/use/consume.dto.js';
import { ConsumeBody } from '#contracts/use/consume.dto.js';
import type { CallerProof } from '#domain/caller-proof.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { ConsumeToken } from '#escalations/use/consume-token.js';
import { CompletesProof } from '#platform/http/completes-proof.js';
import { Allow, Caller, hasRole, Proof, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { Problems, ProblemsAs } from '../edge/problems.js';

/** Resource servers ask here before they act. */
@ApiTags('tokens')
@Controller('v1/tokens')
export class TokensController {
  constructor(private readonly consumption: ConsumeToken) {}

  /** Is exactly this call granted, and if so count it. Always 200: `allowed` is the answer. */
  @Post('consume')
  @HttpCode(200)
  @Allow('client')
  @CompletesProof()
  @ApiResponse({ status: 200, type: ConsumeAnswer, description: 'Allowed, or why not.' })
  @Problems('unknown_field', 'forbidden', 'too_long')
  @ProblemsAs(409, 'idempotency_mismatch')
  async consume(@Caller() caller: Principal, @Body() body: ConsumeBody, @Proof() proof?: CallerProof): Promise<object> {
    if (!hasRole(caller, 'verifier')) throw new RefusalError(refuse('forbidden', 'Only verifiers consume tokens.'));
    const { token, action, call_id, identifier, arguments: args } = body;
    return orRefuse(
      await this.consumption.execute(
        caller.id,
        { token, action, identifier: identifier ?? null, arguments: args ?? null, callId: call_id },
        proof,
      ),
    );
  }
}
