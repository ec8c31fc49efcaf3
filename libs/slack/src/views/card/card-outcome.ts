import { shortDigest } from '#domain/words/short-words.js';
import { inertLine } from '../inert-text.js';
import { clock, consoleLink, context, plain, type ClockText, type PlainText, type WritBlock } from '../block-kit.js';
import { fold } from '../fold.js';
import { detailsButton, revokeButton } from './card-buttons.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';
import { quoted } from '../quoted.js';

const NAMED_DECISIONS = 8;
/** Twice in one section of 3,000. */
const OUTCOME_ROOM = 1_400;

/**
 * How a request was decided, in few lines: what was asked, what was granted and how the grant stands, what those who
 * decided wrote, with the button that ends the grant or, when nothing lives, Details; then who they were and when. The
 * rest is in Details and in the console.
 */
export function outcomeBlocks(card: ApprovalCardModel): WritBlock[] {
  const told = [...facts.breakGlassLines(card), facts.verbLine(card), ...granted(card)];
  const text = [folded(told), folded(notes(card))].filter((part) => part !== '').join('\n');
  return [
    { type: 'section', expand: true, text: plain(text), accessory: revokeButton(card) ?? detailsButton(card) },
    ...context([
      ...decisionElements(card),
      plain(`digest ${shortDigest(card.digest)}`),
      plain(`id ${facts.shortId(card.escalationId)}`),
      ...(card.consoleUrl === null ? [] : [consoleLink(card.consoleUrl)]),
    ]),
  ];
}

/** `Granted: 5 minutes, 1 use · Grant: ready, not collected yet.`, then each cut on a line of its own. */
function granted(card: ApprovalCardModel): string[] {
  const [head, ...cuts] = facts.grantedLines(card, ', ');
  const line = [head, facts.grantWords(card)].filter((part) => part !== undefined && part !== null).join(' · ');
  return [...(line === '' ? [] : [line]), ...cuts];
}

/** Why it was denied, as whoever denied it wrote it, then what others wrote; without a name where only one person decided. */
function notes(card: ApprovalCardModel): string[] {
  const said = card.decidedBy.filter(({ reason }) => reason !== undefined && reason !== null);
  const denials = said.filter(({ verdict }) => verdict === 'deny');
  const others = said.filter(({ verdict }) => verdict !== 'deny');
  const told = card.denialReason === null || denials.some(({ reason }) => reason === card.denialReason);
  const denial = told ? [] : ['Reason:', ...quoted(card.denialReason ?? '')];
  const named = card.decidedBy.length > 1 || !told;
  return [
    ...denial,
    ...[...denials, ...others].flatMap(({ name, reason }) => [
      ...(named ? [`${inertLine(name)} wrote:`] : []),
      ...quoted(reason ?? ''),
    ]),
  ];
}

function folded(lines: readonly string[]): string {
  const { shown, hidden } = fold(lines.join('\n'), OUTCOME_ROOM);
  return hidden === 0 ? shown : `${shown}\n… ${hidden} more characters in the record`;
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

/** The person or policy that ended it without a vote; nothing where the votes say it all. */
function ender({ status, decidedBy, ending }: ApprovalCardModel): (PlainText | ClockText)[] {
  if (status === 'denied') {
    if (decidedBy.some((decision) => decision.verdict === 'deny')) return [];
    const by = ending?.by ?? null;
    if (by === null) return [plain('Decided by policy')];
    return [plain(`${facts.shortened(by, 64)} denied`), clock('at', ending?.atSeconds ?? 0)];
  }
  return (status === 'cancelled' || status === 'lapsed') && decidedBy.length === 0 ? [plain('Decided by nobody')] : [];
}
