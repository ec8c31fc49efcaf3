import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import { inertLine } from './inert-text.js';
import { AGENT_LABEL, agentLines } from './agent-words.js';
import { clock, context, header, heading, plain, sections, type WritModal } from './block-kit.js';
import * as facts from './card/card-facts.js';
import type { ApprovalCardModel } from './card/card-model.js';
import { QUOTE } from './quoted.js';
import { votesSoFar } from './card/votes-so-far.js';

export const DETAILS_MODAL = 'writ_details_modal';

/** The whole request, nothing folded: facts, exact arguments, the policy's explanation, then the agent's words. */
export function detailsModal(card: ApprovalCardModel): WritModal {
  const { agent, resource } = card;
  return {
    type: 'modal',
    callback_id: DETAILS_MODAL,
    private_metadata: card.cardId,
    title: plain('Access request'),
    close: plain('Close'),
    blocks: [
      header(`${card.status} · ${card.risk.toUpperCase()}`),
      ...sections([
        ...facts.breakGlassLines(card),
        facts.verbLine(card),
        ...facts.duplicateLines(card.folded ?? 0),
        `Agent: ${facts.nameAndId(agent.name, agent.id)}, owner ${inertLine(agent.owner)}`,
        ...facts.behalfLines(agent).map((link) => `On behalf of: ${link}`),
        `Resource: ${facts.nameAndId(resource.name, resource.id)}`,
        `Environment: ${inertLine(resource.environment ?? 'not stated')}`,
        `Classification: ${inertLine(resource.classification ?? 'not stated')}`,
        `Time: ${durationWords(card.requestedTtl)} once collected`,
        `Uses: ${usesWords(card.maxUses)}`,
        ...card.gates.map((gate) => `Approvals: ${facts.gateLine(gate)}`),
        ...facts.grantedLines(card),
        ...[facts.grantLine(card)].filter((line) => line !== null),
      ]),
      heading('Exactly this'),
      ...facts.exactCalls(card.calls).flatMap(({ lines }) => sections(lines, QUOTE)),
      heading(facts.whyLabel(card)),
      ...sections([card.whyYou.text, facts.ruleLine(card), `Policy version: ${inertLine(card.whyYou.policyVersion)}`]),
      heading(card.status === 'pending' ? 'This agent lately' : 'This agent before the outcome'),
      ...sections(facts.recordLines(card.record, card.record.recent.length, card.status !== 'pending')),
      ...votesSoFar(card),
      ...context([
        clock('Asked', card.createdAtSeconds),
        clock('Decide before', card.expiresAtSeconds),
        ...(card.next === null ? [] : [plain(nextWords(card.next)), clock('at', card.next.atSeconds)]),
      ]),
      ...sections([`Id: ${inertLine(card.escalationId)}`, `Digest: ${inertLine(card.digest)}`]),
      { type: 'divider' },
      heading(AGENT_LABEL),
      ...sections(agentLines(card), QUOTE),
    ],
  };
}

function nextWords({ groups }: NonNullable<ApprovalCardModel['next']>): string {
  return `Then asked: ${groups.map((group) => inertLine(group)).join(', ')}`;
}
