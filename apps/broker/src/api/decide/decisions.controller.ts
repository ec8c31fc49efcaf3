import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import { DecisionAnswer } from '#contracts/decide/decision.dto.js';
import { toToolCall } from '#contracts/ask/escalation.dto.js';
import { presentEscalationForPeople } from '#contracts/presenters.js';
import { StepUpAnswer, StepUpBody } from '#contracts/decide/step-up.dto.js';
import { DecisionBody } from '#contracts/decide/decision.dto.js';
import type { AuthorityLimits } from '#domain/authority/authorization-details.js';
import { instant } from '#domain/instant.js';
import { isRefusal, refuse, RefusalError, type Refusal } from '#domain/refusal.js';
import { DecisionPace } from '#escalations/watch/insights.js';
import { ReadEscalation } from '#escalations/watch/read-escalation.js';
import { RecordDecision } from '#escalations/decide/record-decision.js';
import type { VerifiedApproval } from '#escalations/decide/signed-vote.js';
import { StepUps } from '#identity/passkeys/step-ups.js';
import { Allow, Caller, type Principal } from '#platform/http/principal.js';
import { orRefuse } from '../edge/contract.pipe.js';
import { PeopleNames } from '../edge/people-names.js';
import { Problems } from '../edge/problems.js';

/** People decide here as they do in Slack: one use case behind both. */
@ApiTags('decisions')
@Controller('v1/escalations')
export class DecisionsController {
  constructor(
    private readonly decisions: RecordDecision,
    private readonly reads: ReadEscalation,
    private readonly names: PeopleNames,
    private readonly stepUps: StepUps,
    private readonly pace: DecisionPace,
  ) {}

  /** Approves or denies what the digest names. A denial needs a reason; limits may only cut. */
  @Post(':id/decisions')
  @HttpCode(200)
  @Allow('person')
  @ApiResponse({ status: 200, type: DecisionAnswer, description: 'Recorded, or settled by this vote.' })
  @Problems('unknown_field', 'invalid_authorization_details', 'not_eligible', 'not_found')
  @Problems('already_decided', 'already_voted', 'stale_digest', 'insufficient_user_authentication')
  @Problems('too_long', 'too_large', 'out_of_range')
  async decide(@Caller() caller: Principal, @Param('id') id: string, @Body() body: DecisionBody): Promise<object> {
    const limits = limitsOf(body);
    const stepUp = await this.signatureOf(caller.id, id, body, limits);
    const decided = orRefuse(
      await this.decisions.execute({
        escalationId: id,
        person: caller.id,
        verdict: body.verdict,
        digest: body.digest,
        reason: body.reason ?? null,
        limits,
        via: 'rest',
        stepUp,
      }),
    );
    const story = await this.reads.load(id);
    const warning = await this.pace.warning(caller.id, body.verdict);
    const escalation = story === null ? null : presentEscalationForPeople(story, await this.names.words());
    const { vote, denied } = decided;
    return { vote, warning, ...(denied === undefined ? {} : { denied }), escalation };
  }

  /** What a passkey is to sign so that this approval counts where policy demands it: good once, for two minutes. */
  @Post(':id/step-up')
  @HttpCode(200)
  @Allow('person')
  @ApiResponse({ status: 200, type: StepUpAnswer, description: 'A nonce, and options for the browser.' })
  @Problems('unknown_field', 'invalid_authorization_details', 'insufficient_user_authentication')
  @Problems(
    'not_eligible',
    'not_found',
    'already_decided',
    'already_voted',
    'stale_digest',
    'too_long',
    'too_large',
    'out_of_range',
  )
  async stepUp(@Caller() caller: Principal, @Param('id') id: string, @Body() body: StepUpBody): Promise<object> {
    const { digest } = body;
    const limits = limitsOf(body);
    const begun = orRefuse(await this.stepUps.begin({ escalation: id, person: caller.id, digest, limits }));
    return { nonce: begun.nonce, expires_at: instant(begun.expiresAt), options: begun.options };
  }

  /** Verified before the transaction that counts it: what is wrong with it is refused there, and on record. */
  private async signatureOf(
    person: string,
    escalation: string,
    { verdict, digest, step_up: sent }: DecisionBody,
    limits: AuthorityLimits | null,
  ): Promise<VerifiedApproval | Refusal | null> {
    if (sent === undefined || sent === null) return null;
    if (verdict === 'deny') throw wrong('/step_up', 'belongs to an approval');
    const verified = await this.stepUps.verify({ escalation, person, digest, limits }, sent.nonce, sent.credential);
    if (isRefusal(verified) && verified.code === 'invalid_request') throw new RefusalError(verified);
    return verified;
  }
}

function wrong(pointer: string, rule: string): RefusalError {
  return new RefusalError(
    refuse('invalid_request', 'The decision does not have the form that is asked here.', {
      errors: [{ pointer, rule }],
    }),
  );
}

function limitsOf(body: Pick<DecisionBody, 'verdict' | 'reason' | 'limits'>): AuthorityLimits | null {
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
