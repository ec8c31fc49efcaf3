import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { DecisionAnswer } from '#contracts/answers.dto.js';
import { toToolCall } from '#contracts/escalation.dto.js';
import { presentEscalationForPeople } from '#contracts/presenters.js';
import { DecisionBody } from '#contracts/requests.dto.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { ReadEscalation } from '#escalations/read-escalation.js';
import { RecordDecision } from '#escalations/record-decision.js';
import { Allow, Caller, type Principal } from '#platform/principal.js';
import { orRefuse } from './contract.pipe.js';
import { Problems } from './problems.js';

/** People decide here as they do in Slack: one use case behind both. */
@ApiTags('decisions')
@Controller('v1/escalations')
export class DecisionsController {
  constructor(
    private readonly decisions: RecordDecision,
    private readonly reads: ReadEscalation,
  ) {}

  /** Approves or denies what the digest names. A denial needs a reason; limits may only cut. */
  @Post(':id/decisions')
  @HttpCode(200)
  @Allow('person')
  @ApiResponse({ status: 200, type: DecisionAnswer, description: 'Recorded, or settled by this vote.' })
  @Problems('unknown_field', 'invalid_authorization_details', 'not_eligible', 'not_found')
  @Problems('already_decided', 'already_voted', 'stale_digest')
  @Problems('too_long', 'too_large', 'out_of_range')
  async decide(@Caller() caller: Principal, @Param('id') id: string, @Body() body: DecisionBody): Promise<object> {
    const decided = orRefuse(
      await this.decisions.execute({
        escalationId: id,
        person: caller.id,
        verdict: body.verdict,
        digest: body.digest,
        reason: body.reason ?? null,
        limits: limitsOf(body),
        via: 'rest',
      }),
    );
    const story = await this.reads.load(id);
    return { vote: decided.vote, escalation: story === null ? null : presentEscalationForPeople(story) };
  }
}

function limitsOf(body: DecisionBody): AuthorityLimits | null {
  const wrong = (pointer: string, rule: string): RefusalError =>
    new RefusalError(
      refuse('invalid_request', 'The decision does not have the form that is asked here.', {
        errors: [{ pointer, rule }],
      }),
    );
  if (body.verdict === 'deny' && (body.reason ?? null) === null) throw wrong('/reason', 'is needed to deny');
  if (body.limits === undefined || body.limits === null) return null;
  if (body.verdict === 'deny') throw wrong('/limits', 'belongs to an approval');
  const { ttl, max_uses, authorization_details } = body.limits;
  if (ttl === undefined && max_uses === undefined && authorization_details === undefined) return null;
  return {
    ...(ttl === undefined ? {} : { ttl }),
    ...(max_uses === undefined ? {} : { max_uses }),
    ...(authorization_details === undefined ? {} : { authorization_details: authorization_details.map(toToolCall) }),
  };
}
