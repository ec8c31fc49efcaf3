import { inertLine } from '../inert-text.js';
import { foldedAgentLines } from './agent-words.js';
import { fold, foldedNote, mayFold, type Folded } from './block-kit.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';

/** Characters of each part that one readable message holds; together well under what Slack takes for a message. */
const ROOM = { exact: 2_500, why: 800, chain: 600, field: 400, votes: 1_000, words: 300, evidence: 700 } as const;

/** Everything on a card whose length others decide, each part folded to its room. */
export interface CardParts {
  /** The sentence that is read first. */
  readonly verb: string;
  /** Call by call, as far as there is room. */
  readonly exact: readonly Folded[];
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
    verb: facts.verbLine(card),
    exact: foldedCalls(card),
    why: folded([card.whyYou.text], ROOM.why),
    chain: folded(facts.behalfLines(card.agent), ROOM.chain),
    fields: fieldLines(card).map((lines) => folded(lines, ROOM.field)),
    votes: folded(facts.voteLines(card.decidedBy), ROOM.votes),
    words: foldedAgentLines(card, ROOM.words, ROOM.evidence),
  };
}

/**
 * Why an approval needs Details to have been opened: something of the request stands only there (`hidden`), or Slack
 * might fold it (`long`). `null` when the card shows all of it for certain.
 */
export function foldingOf(parts: CardParts): 'hidden' | 'long' | null {
  if (hiddenIn(parts) > 0) return 'hidden';
  return mayFoldIn(parts) ? 'long' : null;
}

/** Characters that only Details shows. */
function hiddenIn({ exact, why, chain, fields, votes, words }: CardParts): number {
  return [...exact, why, chain, ...fields, votes, words].reduce((sum, part) => sum + part.hidden, 0);
}

/**
 * True when what is approved is long enough for Slack to fold it. Every section asks to be shown whole, but the answer
 * of Slack does not say whether it was; the calls count together, however many sections they stand in.
 */
function mayFoldIn({ verb, exact, chain, fields }: CardParts): boolean {
  const calls = exact.flatMap((call) => call.lines);
  return [[verb], calls, chain.lines, ...fields.map((field) => field.lines)].some((lines) => mayFold(lines));
}

/** The calls in the order of their numbers; where the room ends, the rest is left to Details. */
function foldedCalls(card: ApprovalCardModel): Folded[] {
  const parts: Folded[] = [];
  let room: number = ROOM.exact;
  let hidden = 0;
  for (const call of facts.numberedCalls(card.elements)) {
    const part = fold(facts.callLines(call).join('\n'), room);
    if (part.shown !== '') parts.push({ lines: part.shown.split('\n'), hidden: 0 });
    room = part.hidden > 0 ? 0 : Math.max(0, room - part.shown.length);
    hidden += part.hidden;
  }
  return hidden === 0 ? parts : [...parts, { lines: [foldedNote(hidden)], hidden }];
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
