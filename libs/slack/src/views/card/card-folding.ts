import { inertLine } from '../inert-text.js';
import { briefAgentLines } from '../agent-words.js';
import { fold, foldedNote, mayFold, rowsOf, type Folded } from '../fold.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';

/** Characters of each part that one readable message holds; together well under what Slack takes for a message. */
const ROOM = {
  exact: 2_500,
  why: 800,
  gates: 400,
  chain: 600,
  about: 400,
  votes: 1_000,
  words: 300,
  evidence: 700,
} as const;
/** A call counts as many rows, however short it is: whoever reads a third one is sent to Details. */
const CALL_ROWS = 3;

/** Everything on a card whose length others decide, each part folded to its room. */
export interface CardParts {
  /** The sentence that is read first. */
  readonly verb: string;
  /** Call by call, as far as there is room. */
  readonly exact: readonly Folded[];
  /** How far each group is. */
  readonly gates: Folded;
  /** The rules with their reasons. */
  readonly why: Folded;
  readonly votes: Folded;
  readonly chain: Folded;
  /** Agent and resource, by id, with what else is configured of them. */
  readonly about: readonly Folded[];
  readonly words: Folded;
}

/** Folds a card's parts. */
export function cardParts(card: ApprovalCardModel): CardParts {
  return {
    verb: facts.verbLine(card),
    exact: foldedCalls(card),
    gates: folded(card.gates.length === 0 ? ['none needed'] : card.gates.map(facts.gateLine), ROOM.gates),
    why: folded([card.whyYou.because], ROOM.why),
    votes: folded(facts.voteLines(card.decidedBy), ROOM.votes),
    chain: folded(facts.behalfLines(card.agent), ROOM.chain),
    about: [aboutAgent(card), aboutResource(card)]
      .filter((line) => line !== '')
      .map((line) => folded([line], ROOM.about)),
    words: briefAgentLines(card, ROOM.words, ROOM.evidence),
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
function hiddenIn({ exact, gates, why, votes, chain, about, words }: CardParts): number {
  return [...exact, gates, why, votes, chain, ...about, words].reduce((sum, part) => sum + part.hidden, 0);
}

/**
 * True when what is approved is long enough for Slack to fold it. Every section asks to be shown whole, but the answer
 * of Slack does not say whether it was; the calls count together, however many sections they stand in.
 */
function mayFoldIn({ verb, exact, gates, chain }: CardParts): boolean {
  const calls = exact.reduce((sum, call) => sum + Math.max(CALL_ROWS, rowsOf(call.lines)), 0);
  return [rowsOf([verb]), calls, rowsOf(gates.lines), rowsOf(chain.lines)].some((rows) => mayFold(rows));
}

/** The calls in the order of their numbers; where the room ends, the rest is left to Details. */
function foldedCalls(card: ApprovalCardModel): Folded[] {
  const parts: Folded[] = [];
  let room: number = ROOM.exact;
  let hidden = 0;
  for (const { lines } of facts.exactCalls(card.calls)) {
    const part = fold(lines.join('\n'), room);
    if (part.shown !== '') parts.push({ lines: part.shown.split('\n'), hidden: 0 });
    room = part.hidden > 0 ? 0 : Math.max(0, room - part.shown.length);
    hidden += part.hidden;
  }
  return hidden === 0 ? parts : [...parts, { lines: [foldedNote(hidden)], hidden }];
}

/** The name stands above; here it stands again only where it had to be shortened there. */
function aboutAgent({ agent: { id, name, owner } }: ApprovalCardModel): string {
  return [...unsaid(name, id), `owner ${inertLine(owner)}`].join(', ');
}

function aboutResource({ resource: { id, name, environment, classification } }: ApprovalCardModel): string {
  const known = [environment, classification].filter((fact) => fact !== null).map((fact) => inertLine(fact));
  return [...unsaid(name, id), ...known].join(', ');
}

function unsaid(name: string, id: string): string[] {
  if (facts.isShortened(name)) return [facts.nameAndId(name, id)];
  return name === id ? [] : [inertLine(id)];
}

function folded(lines: readonly string[], max: number): Folded {
  if (lines.length === 0) return { lines: [], hidden: 0 };
  const { shown, hidden } = fold(lines.join('\n'), max);
  return { lines: [...shown.split('\n'), ...(hidden === 0 ? [] : [foldedNote(hidden)])], hidden };
}
