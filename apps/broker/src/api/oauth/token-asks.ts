import { Injectable, Logger } from '@nestjs/common';
import { EscalationBody, toEscalationRequest } from '#contracts/ask/escalation.dto.js';
import { readBody } from '#contracts/wire/body-reader.js';
import type { CallerProof } from '#domain/caller-proof.js';
import { sha256Of } from '#domain/authority/digest.js';
import { resourceIn } from '#domain/catalog.js';
import { isRefusal, type Refusal } from '#domain/refusal.js';
import { AskForToken, type TokenAnswer } from '#escalations/collect/ask-for-token.js';
import { Ids, RegistrySource, registryOf } from '#escalations/ports.js';
import type { WithAskMembers } from '#oauth/ask-members.js';
import type { AsksForTokens } from '#oauth/grants/asking.js';

/** Where a call with an Idempotency-Key is one call. */
const ROUTE = 'POST /oauth/token';

/** What agents ask at the token endpoint, read as the body of a create. An ask without a task is one of its own. */
@Injectable()
export class TokenAsks implements Pick<AsksForTokens['asks'], 'execute'> {
  private readonly log = new Logger('policy');

  constructor(
    private readonly tokens: AskForToken,
    private readonly registry: RegistrySource,
    private readonly ids: Ids,
  ) {}

  async execute(
    agentId: string,
    { members, deferred }: WithAskMembers,
    key: string | null,
    proof?: CallerProof,
  ): Promise<TokenAnswer | Refusal> {
    const escalationId = this.ids.next('esc');
    const body = readBody(EscalationBody, { task: { id: escalationId }, ...members });
    if (isRefusal(body)) return body;
    const { catalog } = await registryOf(this.registry, proof);
    const asked = toEscalationRequest(body, resourceIn(catalog, body.resource)?.maxTokenTtlSeconds ?? null);
    if (isRefusal(asked)) return asked;
    const call =
      key === null ? null : { caller: agentId, route: ROUTE, key, bodyHash: sha256Of({ members, deferred }) };
    const here = { escalationId, waits: deferred };
    const answer = await this.tokens.execute({ agentId, asked, here, call, ...(proof && { proof }) });
    if (!isRefusal(answer) && answer.outcome === 'denied' && answer.denial.code === 'policy_error')
      this.log.error('a policy could not be evaluated', answer.escalationId);
    return answer;
  }
}
