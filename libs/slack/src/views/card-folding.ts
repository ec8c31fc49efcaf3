import { inertLine } from '../inert-text.js';
import { foldedAgentLines } from './agent-words.js';
import { fold, foldedNote, type Folded } from './block-kit.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';

/** Characters of each part that one readable message holds; together well under what Slack takes for a message. */
const ROOM = { exact: 2_500, why: 800, chain: 600, field: 400, votes: 1_000, words: 300, evidence: 700 } as const;

/** Everything on a card whose length others decide, each part folded to its room. */
export interface CardParts {
  readonly exact: Folded;
  readonly why: Folded;
  readonly chain: Folded;
  /** Agent, resource, time and uses, approvals: one folded text each. */
  readonly fields: readonly Folded[];
  readonly votes: Folded;
  readonly words: Folded;
}

/** Folds a card's parts. */
export function cardParts(card: ApprovalCardModel): CardParts {
  return {
    exact: folded(facts.exactLines(card.elements), ROOM.exact),
    why: folded([card.whyYou.text], ROOM.why),
    chain: folded(facts.behalfLines(card.agent), ROOM.chain),
    fields: fieldLines(card).map((lines) => folded(lines, ROOM.field)),
    votes: folded(facts.voteLines(card.decidedBy), ROOM.votes),
    words: foldedAgentLines(card, ROOM.words, ROOM.evidence),
  };
}

/** True when something of the request stands only in Details, so that an approval needs them to have been opened. */
export function isFolded(card: ApprovalCardModel): boolean {
  return hiddenIn(cardParts(card)) > 0;
}

/** Characters that only Details shows. */
export function hiddenIn({ exact, why, chain, fields, votes, words }: CardParts): number {
  return [exact, why, chain, ...fields, votes, words].reduce((sum, part) => sum + part.hidden, 0);
}

function fieldLines(card: ApprovalCardModel): string[][] {
  const { environment, classification } = card.resource;
  const about = [environment, classification].filter((fact) => fact !== null).map((fact) => inertLine(fact));
  return [
    [facts.nameAndId(card.agent.name, card.agent.id), `owner ${inertLine(card.agent.owner)}`],
    [facts.nameAndId(card.resource.name, card.resource.id), ...(about.length === 0 ? [] : [about.join(' · ')])],
    [facts.durationWords(card.requestedTtl), 'starts when collected', facts.usesWords(card.maxUses)],
    card.gates.length === 0 ? ['none needed'] : card.gates.map(facts.gateLine),
  ];
}

function folded(lines: readonly string[], max: number): Folded {
  if (lines.length === 0) return { lines: [], hidden: 0 };
  const { shown, hidden } = fold(lines.join('\n'), max);
  return { lines: [...shown.split('\n'), ...(hidden === 0 ? [] : [foldedNote(hidden)])], hidden };
}
