import { cancelledWords } from '#domain/words/end-words.js';
import { shortDigest } from '#domain/words/short-words.js';
import { escapeMrkdwn, inertLine } from '../inert-text.js';
import { AGENT_LABEL } from '../agent-words.js';
import {
  clock,
  context,
  header,
  heading,
  label,
  type Label,
  plain,
  sections,
  smallPrint,
  type SmallText,
  type WritBlock,
} from '../block-kit.js';
import { fold, type Folded } from '../fold.js';
import { decisionButtons } from './card-buttons.js';
import * as facts from './card-facts.js';
import { cardParts, foldingOf, type CardParts } from './card-folding.js';
import type { ApprovalCardModel } from './card-model.js';
import { outcomeBlocks } from './card-outcome.js';
import { QUOTE } from '../quoted.js';

/** A message for `chat.postMessage` and `chat.update`. `text` is escaped and holds broker facts only. */
export interface CardMessage {
  readonly text: string;
  readonly blocks: WritBlock[];
  readonly metadata: { readonly event_type: string; readonly event_payload: Record<string, string> };
}

const HEADLINES = {
  pending: 'Access request',
  approved: 'Approved',
  denied: 'Denied',
  lapsed: 'Lapsed: nobody decided in time',
} as const;

const RECORDED_GRANTS = 3;
const FOLDED_NOTES = {
  hidden: 'Part of this request stands only in Details. An approval counts from whoever has opened them.',
  long: 'Slack may fold a request this long. An approval counts from whoever has opened Details.',
} as const;

/**
 * The message in which people decide, or in which they read how it was decided. To decide: what is asked, exactly, why,
 * the buttons, and below them in small print what else the broker knows and last the agent's words, labelled. What does
 * not fit is in Details, and the card says so. Decided: how, what, and where the rest of it is.
 */
export function approvalCard(card: ApprovalCardModel): CardMessage {
  return {
    text: notificationText(card),
    metadata: { event_type: 'writ_card', event_payload: { card_id: card.cardId, escalation_id: card.escalationId } },
    blocks: [
      header(`${headline(card)} · ${card.risk.toUpperCase()}`),
      ...(card.status === 'pending' ? pendingBlocks(card) : outcomeBlocks(card)),
    ],
  };
}

function pendingBlocks(card: ApprovalCardModel): WritBlock[] {
  const parts = cardParts(card);
  const folding = foldingOf(parts);
  return [
    ...sections([...facts.breakGlassLines(card), parts.verb, ...facts.duplicateLines(card.folded ?? 0)]),
    ...parts.exact.flatMap((call) => sections(call.lines, QUOTE)),
    ...sections(whyLines(parts), QUOTE),
    ...titled('Votes so far', parts.votes),
    ...(folding !== null && card.approveIn === 'slack' ? sections([FOLDED_NOTES[folding]]) : []),
    { type: 'actions', elements: decisionButtons(card) },
    ...context(smallFacts(card, parts)),
    ...(parts.chain.lines.length === 0
      ? []
      : context([label('On behalf of, nearest first'), ...parts.chain.lines.map((line) => plain(line))])),
    ...context(recordElements(card)),
    ...agentBlocks(parts),
  ];
}

/** What a second copy of a card becomes: a lost answer of Slack can leave two, and only one is on record. */
export function supersededCard(cardId: string): CardMessage {
  const text = 'This copy of an access request is not in use. Another message in this channel holds the request.';
  return { text, blocks: sections([text]), metadata: { event_type: 'writ_card', event_payload: { card_id: cardId } } };
}

function headline({ status, ending }: ApprovalCardModel): string {
  if (status !== 'cancelled') return HEADLINES[status];
  const words = cancelledWords(ending?.cause);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function notificationText(card: ApprovalCardModel): string {
  const line = `${headline(card)} (${card.risk}): ${facts.briefLine(card)}`;
  return escapeMrkdwn(fold(line, 600).shown);
}

/** How far each group is, the last of them with the rules that ask: one line where one group decides. */
function whyLines({ gates, why }: CardParts): string[] {
  const [first = '', ...rest] = why.lines;
  return [...gates.lines.slice(0, -1), `${gates.lines.at(-1)} · because ${first}`, ...rest];
}

function titled(name: Label, part: Folded): WritBlock[] {
  return part.lines.length === 0 ? [] : [heading(name), ...sections(part.lines, QUOTE)];
}

function smallFacts(
  { expiresAtSeconds, next, digest, escalationId }: ApprovalCardModel,
  parts: CardParts,
): SmallText[] {
  const groups = next?.groups.map((group) => inertLine(group)).join(', ');
  return [
    ...parts.about.map(({ lines }) => plain(lines.join(' '))),
    clock('Decide before', expiresAtSeconds),
    ...(next === null ? [] : [plain(`Then asked: ${groups}`), clock('at', next.atSeconds)]),
    plain(`digest ${shortDigest(digest)}`),
    plain(`id ${facts.shortId(escalationId)}`),
  ];
}

function recordElements({ record }: ApprovalCardModel): SmallText[] {
  const { last } = record.sameAsk;
  const lines = facts.recordLines(record, RECORDED_GRANTS).map((line) => plain(line));
  return [label('This agent lately'), ...lines, ...(last === null ? [] : [clock('last', last.atSeconds)])];
}

/** The agent's words, the first line of them beside their label. */
function agentBlocks({ words }: CardParts): WritBlock[] {
  const [first = '', ...rest] = words.lines;
  return [...context([label(AGENT_LABEL), plain(first)]), ...smallPrint(rest, QUOTE)];
}
