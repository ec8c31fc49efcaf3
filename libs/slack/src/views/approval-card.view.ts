import { escapeMrkdwn, inertLine } from '../inert-text.js';
import { AGENT_LABEL } from './agent-words.js';
import {
  clock,
  context,
  fold,
  type Folded,
  header,
  heading,
  label,
  type Label,
  type LabelText,
  plain,
  type PlainText,
  sections,
  type WritBlock,
} from './block-kit.js';
import { consoleButton, decisionButtons } from './card-buttons.js';
import * as facts from './card-facts.js';
import { cardParts, foldingOf, type CardParts } from './card-folding.js';
import type { ApprovalCardModel } from './card-model.js';
import { outcomeBlocks } from './card-outcome.js';
import { QUOTE } from './quoted.js';

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
  cancelled: 'Cancelled',
  lapsed: 'Lapsed: nobody decided in time',
} as const;

const CANCELLED: Readonly<Record<string, string>> = {
  cancelled_by_agent: 'Cancelled by the agent',
  agent_suspended: 'Cancelled: the agent was suspended',
  task_killed: 'Cancelled: the task was ended',
  restored: 'Cancelled: the database was restored',
  parent_ended: 'Cancelled: the grant it came from ended',
  configuration: 'Cancelled: what it asks for was taken out of the configuration',
};

const FIELDS: readonly Label[] = ['Agent', 'Resource', 'Time and uses', 'Approvals'];
const RECORDED_GRANTS = 3;
const RULES_NAMED = 4;
const FOLDED_NOTES = {
  hidden: 'Part of this request stands only in Details. An approval counts from whoever has opened them.',
  long: 'Slack may fold a request this long. An approval counts from whoever has opened Details.',
} as const;

/**
 * The message in which people decide, or in which they read how it was decided: broker facts first, the agent's words
 * last and labelled, buttons to decide only while `pending`. What does not fit is in Details, and the card says so.
 */
export function approvalCard(card: ApprovalCardModel): CardMessage {
  const parts = cardParts(card);
  const pending = card.status === 'pending';
  return {
    text: notificationText(card),
    metadata: { event_type: 'writ_card', event_payload: { card_id: card.cardId, escalation_id: card.escalationId } },
    blocks: [
      header(`${headline(card)} · ${card.risk.toUpperCase()}`),
      ...(pending ? [] : outcomeBlocks(card)),
      ...sections([
        ...(card.breakGlass === true ? ['BREAK GLASS: asked outside the ordinary rules'] : []),
        parts.verb,
        ...(pending ? facts.foldedLines(card.folded ?? 0) : []),
      ]),
      { type: 'section', expand: true, fields: fields(parts) },
      ...titled('On behalf of, nearest first', parts.chain),
      heading('Exactly this'),
      ...parts.exact.flatMap((call) => sections(call.lines, QUOTE)),
      ...titled(facts.whyLabel(card), parts.why),
      ...context([plain(facts.ruleLine(card, RULES_NAMED)), plain(`digest ${facts.shortDigest(card.digest)}`)]),
      ...(pending ? [...recordBlocks(card), ...titled('Votes so far', parts.votes)] : []),
      ...clockBlocks(card),
      { type: 'divider' },
      heading(AGENT_LABEL),
      ...sections(parts.words.lines, QUOTE),
      ...(pending ? decisionBlocks(card, parts) : recordLink(card)),
    ],
  };
}

/** What a second copy of a card becomes: a lost answer of Slack can leave two, and only one is on record. */
export function supersededCard(cardId: string): CardMessage {
  const text = 'This copy of an access request is not in use. Another message in this channel holds the request.';
  return { text, blocks: sections([text]), metadata: { event_type: 'writ_card', event_payload: { card_id: cardId } } };
}

function headline({ status, ending }: ApprovalCardModel): string {
  const cause = status === 'cancelled' ? (ending?.cause ?? '') : '';
  return Object.hasOwn(CANCELLED, cause) ? (CANCELLED[cause] as string) : HEADLINES[status];
}

function notificationText(card: ApprovalCardModel): string {
  const line = `${headline(card)} (${card.risk}): ${facts.briefLine(card)}`;
  return escapeMrkdwn(fold(line, 600).shown);
}

/** A label and its value side by side: Slack lays fields out in two columns. */
function fields(parts: CardParts): (PlainText | LabelText)[] {
  return FIELDS.flatMap((name, index) => [label(name), plain((parts.fields[index]?.lines ?? []).join('\n'))]);
}

function titled(name: Label, part: Folded): WritBlock[] {
  return part.lines.length === 0 ? [] : [heading(name), ...sections(part.lines, QUOTE)];
}

function recordBlocks({ record }: ApprovalCardModel): WritBlock[] {
  const { last } = record.sameAsk;
  const lines = facts.recordLines(record, RECORDED_GRANTS).map((line) => plain(line));
  return [
    heading('This agent lately'),
    ...context([...lines, ...(last === null ? [] : [clock('last', last.atSeconds)])]),
  ];
}

function clockBlocks(card: ApprovalCardModel): WritBlock[] {
  const pending = card.status === 'pending';
  const { next } = card;
  const asked = next === null ? [] : [plain(`Then asked: ${next.groups.map((group) => inertLine(group)).join(', ')}`)];
  return context([
    clock('Asked', card.createdAtSeconds),
    ...(pending ? [clock('Decide before', card.expiresAtSeconds)] : []),
    ...(pending && next !== null ? [...asked, clock('at', next.atSeconds)] : []),
    plain(`id ${facts.shortId(card.escalationId)}`),
  ]);
}

function decisionBlocks(card: ApprovalCardModel, parts: CardParts): WritBlock[] {
  const folding = foldingOf(parts);
  return [
    ...(folding !== null && card.approveIn === 'slack' ? sections([FOLDED_NOTES[folding]]) : []),
    { type: 'actions', elements: decisionButtons(card) },
  ];
}

function recordLink(card: ApprovalCardModel): WritBlock[] {
  const accessory = consoleButton(card, 'Open in console');
  const text = plain('The whole record is in the console.');
  return accessory === null ? [] : [{ type: 'section', expand: true, text, accessory }];
}
