import { Body, Controller, Get, Header, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiResponse, ApiTags } from '#contracts/wire/describe.js';
import type { FastifyReply } from 'fastify';
import { CreatedEscalationAnswer, EscalationAnswer } from '#contracts/ask/escalation-answers.dto.js';
import { EscalationForPeopleAnswer } from '#contracts/decide/escalation-for-people.dto.js';
import { EvaluationAnswer } from '#contracts/ask/evaluation.dto.js';
import { RequestableAnswer } from '#contracts/ask/requestable.dto.js';
import { EscalationBody } from '#contracts/ask/escalation.dto.js';
import { presentEscalation, presentEscalationForPeople } from '#contracts/presenters.js';
import type { CallerProof } from '#domain/caller-proof.js';
import { sha256Of } from '#domain/authority/digest.js';
import { refuse, RefusalError } from '#domain/refusal.js';
import { LIMITS } from '#domain/limits.js';
import { CancelEscalation } from '#escalations/ask/cancel-escalation.js';
import { PARENT_TOKEN_HEADER, readParentToken } from '#escalations/ask/parent-grant.js';
import { ReadEscalation, type EscalationStory } from '#escalations/watch/read-escalation.js';
import { escalationState } from '#escalations/state-now.js';
import { TypicalTimes } from '#escalations/watch/typical-times.js';
import { readIdempotencyKey } from '#platform/http/idempotency-key.js';
import { CompletesProof } from '#platform/http/completes-proof.js';
import { Allow, Caller, hasRole, Proof, type Principal, type PrincipalRequest } from '#platform/http/principal.js';
import { AgentAsks } from './agent-asks.js';
import { PeopleNames } from '../edge/people-names.js';
import { NoQuery } from '../edge/no-query.js';
import { oneOf, Problems } from '../edge/problems.js';
import { orRefuse } from '../edge/contract.pipe.js';

const ROUTE = 'POST /v1/escalations';

/** What agents ask, and what became of it. */
@ApiTags('escalations')
@ApiExtraModels(EscalationAnswer, EscalationForPeopleAnswer)
@Controller('v1')
export class EscalationsController {
  constructor(
    private readonly asks: AgentAsks,
    private readonly reads: ReadEscalation,
    private readonly cancels: CancelEscalation,
    private readonly times: TypicalTimes,
    private readonly names: PeopleNames,
  ) {}

  /** Asks for one task's authority. 201 when policy decides at once, 202 while people decide. */
  @Post('escalations')
  @Allow('agent')
  @CompletesProof()
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: '1-128 visible ASCII; the same key and body answer the same',
  })
  @ApiHeader({
    name: PARENT_TOKEN_HEADER,
    required: false,
    description:
      'A live access token of the agent that hands this work on. The grant is then never wider nor longer than that one, and ends with it',
  })
  @ApiResponse({ status: 201, type: CreatedEscalationAnswer, description: 'Decided at once.' })
  @ApiResponse({
    status: 202,
    type: CreatedEscalationAnswer,
    description: 'People decide; poll at `Location` or redeem the continuation.',
  })
  @Problems(
    'unknown_field',
    'invalid_authorization_details',
    'forbidden',
    'break_glass_unreviewed',
    'in_progress',
    422,
    429,
  )
  async create(
    @Caller() caller: Principal,
    @Body() body: EscalationBody,
    @Proof() proof: CallerProof | undefined,
    @Req() request: PrincipalRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, unknown>> {
    const key = orRefuse(readIdempotencyKey(request.headers['idempotency-key']));
    const parent = orRefuse(readParentToken(request.headers['writ-parent-token']));
    const bodyHash = sha256Of(parent === null ? request.body : { body: request.body, parent: sha256Of(parent) });
    const call = key === null ? null : { caller: caller.id, route: ROUTE, key, bodyHash };
    const answer = await this.asks.create({
      agentId: caller.id,
      body,
      call,
      parentToken: parent,
      ...(proof && { proof }),
    });
    void reply.status(answer.status);
    if (answer.replayed) void reply.header('Idempotency-Replayed', 'true');
    if (answer.status === 202) {
      void reply
        .header('Location', `/v1/escalations/${answer.escalationId}`)
        .header('Retry-After', String(LIMITS.pollIntervalSeconds));
    }
    return answer.body;
  }

  /** What would happen: outcome, determining policies and the largest part that would pass. Nothing is kept but an audit row. */
  @Post('escalations/evaluate')
  @HttpCode(200)
  @Allow('agent')
  @ApiResponse({ status: 200, type: EvaluationAnswer, description: 'What would happen.' })
  @Problems('unknown_field', 'invalid_authorization_details', 'forbidden', 'rate_limited')
  @Problems('too_long', 'too_large', 'out_of_range', 'not_requestable')
  async evaluate(@Caller() caller: Principal, @Body() body: EscalationBody): Promise<object> {
    return this.asks.evaluate(caller.id, body);
  }

  /** What this agent may ask for, with schemas and the outcome that an empty ask would meet. */
  @Get('requestable')
  @Allow('agent')
  @NoQuery()
  @ApiResponse({ status: 200, type: RequestableAnswer, description: 'What may be asked for.' })
  @Problems('forbidden')
  async requestable(@Caller() caller: Principal): Promise<object> {
    return { items: await this.asks.requestable(caller.id) };
  }

  /** The escalation now, or — with `Prefer: wait=N` — when its status or its grant's status changes. */
  @Get('escalations/:id')
  @Allow('agent', 'person', 'client')
  @ApiHeader({ name: 'Prefer', required: false, description: 'wait=N seconds, at most 20' })
  @ApiResponse({
    status: 200,
    schema: oneOf(EscalationAnswer, EscalationForPeopleAnswer),
    description: 'For its agent, or for people.',
  })
  @Problems('not_found', 'rate_limited')
  async read(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Req() request: PrincipalRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, unknown>> {
    if (caller.kind === 'person')
      return presentEscalationForPeople(orRefuse(await this.reads.forPerson(caller.id, id)), await this.names.words());
    if (caller.kind === 'client') {
      if (!hasRole(caller, 'auditor') && !hasRole(caller, 'operator'))
        throw new RefusalError(refuse('not_found', 'There is no such escalation.'));
      return presentEscalationForPeople(orRefuse(await this.reads.forTool(id)), await this.names.words());
    }
    const wait = preferredWait(request.headers['prefer']);
    if (wait === null) return presentEscalation(await this.paced(orRefuse(await this.reads.forAgent(caller.id, id))));
    void reply.header('Preference-Applied', `wait=${wait}`);
    const story = orRefuse(await this.reads.waitForAgent(caller.id, id, wait, gone(request)));
    return presentEscalation(await this.paced(story));
  }

  /** Withdraws an ask that nobody decided yet. */
  @Post('escalations/:id/cancel')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Allow('agent')
  @ApiResponse({ status: 200, type: EscalationAnswer, description: 'Cancelled.' })
  @Problems('not_found', 'already_decided')
  async cancel(@Caller() caller: Principal, @Param('id') id: string): Promise<Record<string, unknown>> {
    orRefuse(await this.cancels.execute(caller.id, id));
    return presentEscalation(orRefuse(await this.reads.forAgent(caller.id, id)));
  }

  /** The same story with the time that people usually need, for an agent that waits. People are not told: it would hurry them. */
  private async paced(story: EscalationStory): Promise<EscalationStory> {
    const waits = escalationState(story.escalation, story.now).status === 'pending';
    return waits ? { ...story, typicalSeconds: await this.times.secondsOf(story.escalation.id) } : story;
  }
}

/** RFC 7240 `wait`, clamped to the limit; `null` when it is not asked. */
function preferredWait(header: string | string[] | undefined): number | null {
  const match = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(Array.isArray(header) ? header.join(',') : (header ?? ''));
  return match === null ? null : Math.min(Number(match[1]), LIMITS.longPollSecondsMax);
}

function gone(request: PrincipalRequest): AbortSignal {
  const controller = new AbortController();
  request.raw.on('close', () => controller.abort());
  return controller.signal;
}
