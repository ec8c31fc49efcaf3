import { inertLine } from '../inert-text.js';
import { clock, context, fold, plain, sections, type ClockText, type PlainText, type WritBlock } from './block-kit.js';
import { revokeButton } from './card-buttons.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel, CardDecision } from './card-model.js';
import { QUOTE, quoted } from './quoted.js';

const NAMED_DECISIONS = 8;
const OUTCOME_ROOM = 1_500;

/** How a request was decided, with what was granted and how the grant stands; a live grant can be revoked here. */
export function outcomeBlocks(card: ApprovalCardModel): WritBlock[] {
  const said = card.decidedBy.filter((decision) => decision.reason !== undefined && decision.reason !== null);
  const denials = said.filter((decision) => decision.verdict === 'deny');
  const others = said.filter((decision) => decision.verdict !== 'deny');
  const told = card.denialReason === null || denials.some((decision) => decision.reason === card.denialReason);
  const denial = told ? [] : ['Reason:', ...quoted(card.denialReason ?? '')];
  const lines = [...facts.grantedLines(card), ...denial, ...[...denials, ...others].flatMap(wordsOf)];
  const { shown, hidden } = fold(lines.join('\n'), OUTCOME_ROOM);
  const more = hidden === 0 ? [] : [`… ${hidden} more characters in the record`];
  return [
    ...context(decisionElements(card)),
    ...sections([...(shown === '' ? [] : shown.split('\n')), ...more], QUOTE),
    ...grantBlocks(card),
  ];
}

function wordsOf({ name, reason }: CardDecision): string[] {
  return [`${inertLine(name)} wrote:`, ...quoted(reason ?? '')];
}

function grantBlocks(card: ApprovalCardModel): WritBlock[] {
  const line = facts.grantLine(card);
  if (line === null) return [];
  const accessory = revokeButton(card);
  return [{ type: 'section', expand: true, text: plain(line), ...(accessory === null ? {} : { accessory }) }];
}

function decisionElements(card: ApprovalCardModel): (PlainText | ClockText)[] {
  const named = card.decidedBy.slice(0, NAMED_DECISIONS);
  const more = card.decidedBy.length - named.length;
  const votes = named.flatMap((decision) => [
    plain(
      `${facts.shortened(decision.name, 64)} ${decision.verdict === 'approve' ? 'approved' : 'denied'}${facts.endedWords(decision.ended)}`,
    ),
    clock('at', decision.atSeconds),
  ]);
  const ended = card.status === 'lapsed' ? card.expiresAtSeconds : (card.grant?.endedAtSeconds ?? null);
  return [
    ...votes,
    ...(more > 0 ? [plain(`and ${more} more`)] : []),
    ...ender(card),
    ...(ended === null ? [] : [clock('Ended', ended)]),
  ];
}

/** Whoever ended it without a vote; nothing where the votes say it all. */
function ender({ status, decidedBy, ending }: ApprovalCardModel): (PlainText | ClockText)[] {
  if (status === 'denied') {
    if (decidedBy.some((decision) => decision.verdict === 'deny')) return [];
    const by = ending?.by ?? null;
    if (by === null) return [plain('Decided by policy')];
    return [plain(`${facts.shortened(by, 64)} denied`), clock('at', ending?.atSeconds ?? 0)];
  }
  return (status === 'cancelled' || status === 'lapsed') && decidedBy.length === 0 ? [plain('Decided by nobody')] : [];
}
