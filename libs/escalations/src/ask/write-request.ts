import { askHash } from '#domain/authority/ask.js';
import { grantDigest, requestDigest } from '#domain/authority/digest.js';
import { requestHistory } from './request-history.js';
import type { EscalationRow, Granted } from '../rows/escalation.js';
import { policyContent } from '../sealed-content.js';
import type { JudgedAsk } from './judge-request.js';

export type WrittenAsk = JudgedAsk & {
  readonly escalation: EscalationRow;
  /** The agent's own requests that wait for the same, this one left out. */
  readonly like: readonly string[];
};

/** Writes the request under its digest and its seal, with the first lines of its history. */
export async function writeRequest(context: JudgedAsk): Promise<WrittenAsk> {
  const { tx, agent, request, known, parent, ports, here, now } = context;
  const { policy, denial, granted, breakGlass } = context.decided;
  const like = await tx.asks.openLike(agent.uid, askHash(request));
  const id = here?.escalationId ?? ports.ids.next('esc');
  const digest = requestDigest(id, agent.id, request, policy.version);
  const ownerId = known.agent.owner;
  const parents = parent?.ancestors.map((grant) => grant.id) ?? null;
  const sealed = { id, agentUid: agent.uid, ownerId, digest, policy, parents };
  const escalation = await tx.escalations.insert({
    ...sealed,
    birth: denial !== null ? 'refused' : granted !== null ? 'allowed' : 'requested',
    agentId: agent.id,
    resource: request.resource,
    request,
    risk: known.risk,
    policyVersion: policy.version,
    policyMac: ports.seals.mac('policy', policyContent(sealed)),
    askHash: askHash(request),
    deferralHash: ports.seals.deferralHash(ports.seals.deferralCode(id)),
    now,
    deadline: now + policy.windowSeconds * 1000,
    denial,
    granted,
    grantDigest: granted === null ? null : digestOf(granted, id, digest),
  });
  await tx.journal.record(requestHistory(escalation, breakGlass, here === undefined ? null : 'oauth'), now);
  return { ...context, escalation, like };
}

function digestOf({ cuts: _cuts, ...authority }: Granted, id: string, digest: string): string {
  return grantDigest(id, digest, authority);
}
