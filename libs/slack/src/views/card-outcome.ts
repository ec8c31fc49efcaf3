import { inertLine } from '../inert-text.js';
import { clock, context, fold, plain, sections, type ClockText, type PlainText, type WritBlock } from './block-kit.js';
import { revokeButton } from './card-buttons.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';
import { QUOTE, quoted } from './quoted.js';

const NAMED_DECISIONS = 8;
const OUTCOME_ROOM = 1_500;

/** How a request was decided, with what was granted and how the grant stands; a live grant can be revoked here. */
export function outcomeBlocks(card: ApprovalCardModel): WritBlock[] {
  const said = card.decidedBy.filter((decision) => decision.reason !== undefined && decision.reason !== null);
  const reasons = said.flatMap((decision) => [`${inertLine(decision.name)} wrote:`, ...quoted(decision.reason ?? '')]);
  const denial = said.length === 0 && card.denialReason !== null ? ['Reason:', ...quoted(card.denialReason)] : [];
  const lines = [...facts.grantedLines(card), ...denial, ...reasons];
  const { shown, hidden } = fold(lines.join('\n'), OUTCOME_ROOM);
  const more = hidden === 0 ? [] : [`… ${hidden} more characters in the record`];
  return [
    ...context(decisionElements(card)),
    ...sections([...(shown === '' ? [] : shown.split('\n')), ...more], QUOTE),
    ...grantBlocks(card),
  ];
}

function grantBlocks(card: ApprovalCardModel): WritBlock[] {
  const line = facts.grantLine(card);
  if (line === null) return [];
  const accessory = revokeButton(card);
  return [{ type: 'section', text: plain(line), ...(accessory === null ? {} : { accessory }) }];
}

function decisionElements(card: ApprovalCardModel): (PlainText | ClockText)[] {
  const named = card.decidedBy.slice(0, NAMED_DECISIONS);
  const more = card.decidedBy.length - named.length;
  const votes = named.flatMap((decision) => [
    plain(`${facts.shortened(decision.name, 64)} ${decision.verdict === 'approve' ? 'approved' : 'denied'}`),
    clock('at', decision.atSeconds),
  ]);
  const ended = card.status === 'lapsed' ? card.expiresAtSeconds : (card.grant?.endedAtSeconds ?? null);
  return [
    ...(votes.length === 0
      ? [plain(card.status === 'cancelled' || card.status === 'lapsed' ? 'Decided by nobody' : 'Decided by policy')]
      : votes),
    ...(more > 0 ? [plain(`and ${more} more`)] : []),
    ...(ended === null ? [] : [clock('Ended', ended)]),
  ];
}
