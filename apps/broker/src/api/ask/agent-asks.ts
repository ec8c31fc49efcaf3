import { Injectable, Logger } from '@nestjs/common';
import { keepableCreation, presentCreation } from '#contracts/ask/created-escalation.js';
import { toEscalationRequest, type EscalationBody } from '#contracts/ask/escalation.dto.js';
import type { CallerProof } from '#domain/caller-proof.js';
import { resourceIn } from '#domain/catalog.js';
import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { AnswerOnce, type IdempotentCall } from '#escalations/answer-once.js';
import { EvaluateEscalation, type Evaluation, type Requestable } from '#escalations/ask/evaluate-escalation.js';
import { RegistrySource, registryOf, Seals } from '#escalations/ports.js';
import { RequestEscalation } from '#escalations/ask/request-escalation.js';
import { orRefuse } from '../edge/contract.pipe.js';

/** A create over HTTP. */
export interface CreateCall {
  readonly agentId: string;
  readonly body: EscalationBody;
  /** `null` without an Idempotency-Key. */
  readonly call: IdempotentCall | null;
  /** Of the agent that handed the work on; `null`: nobody did. */
  readonly parentToken: string | null;
  /** How the agent was proved, where nobody has asked the database about it. */
  readonly proof?: CallerProof;
}

/** What a create answers over HTTP. */
export interface CreateAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly escalationId: string;
  /** True when the same call was answered before. */
  readonly replayed: boolean;
}

/** What agents ask over HTTP, in earnest or to know what would happen. Throws refusals for the problem filter. */
@Injectable()
export class AgentAsks {
  private readonly log = new Logger('policy');

  constructor(
    private readonly once: AnswerOnce,
    private readonly requests: RequestEscalation,
    private readonly evaluations: EvaluateEscalation,
    private readonly registry: RegistrySource,
    private readonly seals: Seals,
  ) {}

  async create({ agentId, body, call, parentToken, proof }: CreateCall): Promise<CreateAnswer> {
    const asked = await readAsk(body, this.registry, proof);
    const ask = this.requests.of({ agentId, asked, parentToken, ...(proof && { proof }) });
    const { answer, replayed } = orRefuse(await this.once.answer(call, ask, keepableCreation, proof));
    const escalationId = String(answer.escalationId);
    if ((answer.response['denial'] as { code?: unknown } | null)?.code === 'policy_error')
      this.log.error('a policy could not be evaluated', escalationId);
    const code = this.seals.deferralCode(escalationId);
    return { status: answer.status, body: presentCreation(answer.response, code), escalationId, replayed };
  }

  async evaluate(agentId: string, body: EscalationBody): Promise<Evaluation> {
    return orRefuse(await this.evaluations.execute(agentId, await readAsk(body, this.registry)));
  }

  async requestable(agentId: string): Promise<readonly Requestable[]> {
    return orRefuse(await this.evaluations.requestable(agentId));
  }
}

/** What a body asks for, for as long as tokens of its resource may live where it does not say. @throws RefusalError */
export async function readAsk(
  body: EscalationBody,
  registry: RegistrySource,
  proof?: CallerProof,
): Promise<EscalationRequest> {
  const { catalog } = await registryOf(registry, proof);
  const resource = resourceIn(catalog, body.resource);
  return orRefuse(toEscalationRequest(body, resource?.maxTokenTtlSeconds ?? null));
}
