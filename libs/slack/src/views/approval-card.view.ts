import { escapeMrkdwn, inertLine } from '../inert-text.js';
import { AGENT_LABEL, agentLines, quoted, QUOTE } from './agent-words.js';
import {
  type Button,
  clock,
  context,
  fold,
  foldedNote,
  header,
  heading,
  label,
  type Label,
  type LabelText,
  plain,
  type PlainText,
  sections,
  SLACK_LIMITS,
  type WritBlock,
} from './block-kit.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';

/** A message for `chat.postMessage` and `chat.update`. `text` is escaped and holds broker facts only. */
export interface CardMessage {
  readonly text: string;
  readonly blocks: WritBlock[];
  readonly metadata: { readonly event_type: string; readonly event_payload: Record<string, string> };
}

/** Past this, the exact request no longer fits one readable message and may not be approved from it. */
const EXACT_CHARACTERS_MAX = 12_000;
const AGENT_WORDS_FOLD = 300;
const WHY_FOLD = 1_000;

const HEADLINES = {
  pending: 'Access request',
  approved: 'Approved',
  denied: 'Denied',
  cancelled: 'Cancelled by the agent',
  lapsed: 'Lapsed: nobody decided in time',
} as const;

/**
 * The message in which people decide, or in which they read how it was decided: broker facts first, the agent's words
 * last and labelled, buttons only while `pending`. When the exact request is too large to be shown whole there is no
 * Approve button: nobody signs what they could not see.
 */
export function approvalCard(card: ApprovalCardModel): CardMessage {
  const exact = exactSections(card);
  const pending = card.status === 'pending';
  return {
    text: notificationText(card),
    metadata: { event_type: 'writ_card', event_payload: { card_id: card.cardId, escalation_id: card.escalationId } },
    blocks: [
      header(`${HEADLINES[card.status]} · ${card.risk.toUpperCase()}`),
      ...(pending ? [] : outcomeBlocks(card)),
      ...sections([
        ...(card.breakGlass === true ? ['BREAK GLASS: asked outside the ordinary rules'] : []),
        facts.verbLine(card),
      ]),
      { type: 'section', fields: factFields(card) },
      ...chainBlocks(card),
      ...exact.blocks,
      ...whyBlocks(card),
      ...context([
        plain(facts.ruleLine(card)),
        clock('Asked', card.createdAtSeconds),
        ...(pending ? [clock('Decide before', card.expiresAtSeconds)] : []),
        plain(`id ${facts.shortId(card.escalationId)}`),
        plain(`digest ${facts.shortDigest(card.digest)}`),
      ]),
      { type: 'divider' },
      heading(AGENT_LABEL),
      ...sections(agentLines(card, AGENT_WORDS_FOLD), QUOTE),
      ...(pending ? [{ type: 'actions', elements: buttons(card, exact.whole) } as const] : []),
    ],
  };
}

/** What a second copy of a card becomes: a lost answer of Slack can leave two, and only one is on record. */
export function supersededCard(cardId: string): CardMessage {
  const text = 'This copy of an access request is not in use. Another message in this channel holds the request.';
  return { text, blocks: sections([text]), metadata: { event_type: 'writ_card', event_payload: { card_id: cardId } } };
}

function notificationText(card: ApprovalCardModel): string {
  const line = `${HEADLINES[card.status]} (${card.risk}): ${facts.verbLine(card)}`;
  return escapeMrkdwn(fold(line, 600).shown);
}

function factFields(card: ApprovalCardModel): (PlainText | LabelText)[] {
  const { environment, classification } = card.resource;
  const about = [environment, classification].filter((fact) => fact !== null).map((fact) => inertLine(fact));
  return [
    ...field('Agent', [facts.nameAndId(card.agent.name, card.agent.id), `owner ${inertLine(card.agent.owner)}`]),
    ...field('Resource', [
      facts.nameAndId(card.resource.name, card.resource.id),
      ...(about.length === 0 ? [] : [about.join(' · ')]),
    ]),
    ...field('Time and uses', [
      `${facts.durationWords(card.requestedTtl)} once collected`,
      facts.usesWords(card.maxUses),
    ]),
    ...field('Approvals', card.gates.length === 0 ? ['none needed'] : card.gates.map(facts.gateLine)),
  ];
}

/** A label and its value side by side: Slack lays fields out in two columns. */
function field(name: Label, lines: readonly string[]): (PlainText | LabelText)[] {
  const { shown, hidden } = fold(lines.join('\n'), SLACK_LIMITS.fieldText - 60);
  return [label(name), plain(hidden === 0 ? shown : `${shown}\n${foldedNote(hidden)}`)];
}

function chainBlocks(card: ApprovalCardModel): WritBlock[] {
  if (card.agent.onBehalfOf.length === 0) return [];
  const links = card.agent.onBehalfOf.map((link) => `${inertLine(link.sub)} (by ${inertLine(link.iss)})`);
  return [heading('On behalf of, nearest first'), ...foldedSection(links, SLACK_LIMITS.blockText - 60)];
}

function exactSections(card: ApprovalCardModel): { readonly blocks: WritBlock[]; readonly whole: boolean } {
  const { shown, hidden } = fold(facts.exactLines(card.elements).join('\n'), EXACT_CHARACTERS_MAX);
  const blocks = [heading('Exactly this'), ...sections(shown.split('\n'))];
  if (hidden === 0) return { blocks, whole: true };
  const note = 'Too large to show whole, so it cannot be approved from this message.';
  return { blocks: [...blocks, ...sections([foldedNote(hidden), note])], whole: false };
}

function whyBlocks(card: ApprovalCardModel): WritBlock[] {
  return [heading('Why this needs you'), ...foldedSection([card.whyYou.text], WHY_FOLD * 2)];
}

function foldedSection(lines: readonly string[], max: number): WritBlock[] {
  const { shown, hidden } = fold(lines.join('\n'), max);
  return sections([...shown.split('\n'), ...(hidden === 0 ? [] : [foldedNote(hidden)])]);
}

function outcomeBlocks(card: ApprovalCardModel): WritBlock[] {
  const said = card.decidedBy.filter((decision) => decision.reason !== undefined && decision.reason !== null);
  const reasons = said.flatMap((decision) => [`${inertLine(decision.name)} wrote:`, ...quoted(decision.reason ?? '')]);
  const denial = said.length === 0 && card.denialReason !== null ? ['Reason:', ...quoted(card.denialReason)] : [];
  const grant = facts.grantLine(card);
  const lines = [...facts.grantedLines(card), ...(grant === null ? [] : [grant]), ...denial, ...reasons];
  const { shown, hidden } = fold(lines.join('\n'), SLACK_LIMITS.blockText * 2);
  return [
    ...context(decisionElements(card)),
    ...sections([...shown.split('\n'), ...(hidden === 0 ? [] : [`… ${hidden} more characters in the record`])], QUOTE),
  ];
}

const NAMED_DECISIONS = 20;

function decisionElements(card: ApprovalCardModel): (PlainText | ReturnType<typeof clock>)[] {
  const named = card.decidedBy.slice(0, NAMED_DECISIONS);
  const more = card.decidedBy.length - named.length;
  const votes = named.flatMap((decision) => [
    plain(`${inertLine(decision.name)} ${decision.verdict === 'approve' ? 'approved' : 'denied'}`),
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

function buttons(card: ApprovalCardModel, whole: boolean): Button[] {
  const details: Button = { type: 'button', action_id: 'writ_details', text: plain('Details'), value: card.cardId };
  const deny: Button = {
    type: 'button',
    action_id: 'writ_deny',
    text: plain('Deny'),
    value: card.cardId,
    style: 'danger',
  };
  const approve: Button = {
    type: 'button',
    action_id: 'writ_approve',
    text: plain('Approve'),
    value: card.cardId,
    style: 'primary',
    confirm: {
      title: plain(`Approve this ${card.risk} risk request?`),
      text: plain(confirmText(card)),
      confirm: plain('Approve'),
      deny: plain('Back'),
    },
  };
  return whole ? [approve, deny, details] : [deny, details];
}

/** At most 300 characters: every part is shortened in its middle, visibly, so that none can push another out. */
function confirmText(card: ApprovalCardModel): string {
  const actions = facts.actionsByRisk(card.elements);
  const more = actions.length > 1 ? ` and ${actions.length - 1} more` : '';
  const first = shortened(actions[0]?.name ?? '', 60);
  return (
    `${shortened(card.agent.id, 60)} may do ${first}${more} on ${shortened(card.resource.id, 80)} ` +
    `for ${facts.durationWords(card.requestedTtl)} once collected, ${facts.usesWords(card.maxUses)}.`
  );
}

function shortened(text: string, max: number): string {
  const line = inertLine(text);
  if (line.length <= max) return line;
  const half = Math.floor((max - 1) / 2);
  return `${line.slice(0, half)}…${line.slice(-half)}`;
}
