import { inertLine } from '../inert-text.js';
import type { ApprovalCardModel } from './card-model.js';
import { fold, foldedNote, type Folded } from './block-kit.js';
import { QUOTE, quoted } from './quoted.js';

/** The label of the only block that holds the agent's words. */
export const AGENT_LABEL = 'Written by the agent — not verified';

/** The agent's words as lines under our label, whole. */
export function agentLines(card: ApprovalCardModel): string[] {
  return [...taskLines(card), ...free('Description:', card.task.description), ...saidLines(card)];
}

/**
 * The same with long free text left to Details after `foldAt` characters; an unprefixed line of ours says how much.
 * Evidence is left there as a whole when its lines are longer than `evidenceAt`.
 */
export function foldedAgentLines(card: ApprovalCardModel, foldAt: number, evidenceAt: number): Folded {
  const description = foldedFree('Description:', card.task.description, foldAt);
  const justification = foldedFree('Justification:', card.justification, foldAt);
  const evidence = evidenceLines(card);
  const size = evidence.join('\n').length;
  const counted = `Evidence: ${card.evidence.length} ${card.evidence.length === 1 ? 'item' : 'items'}, opens in Details`;
  const shown = size > evidenceAt ? { lines: [counted], hidden: size } : { lines: evidence, hidden: 0 };
  const parts = [description, justification, shown];
  return {
    lines: [...taskLines(card), ...parts.flatMap((part) => part.lines)],
    hidden: parts.reduce((sum, part) => sum + part.hidden, 0),
  };
}

function taskLines({ task }: ApprovalCardModel): string[] {
  const ticket = task.ticket === null ? [] : ['Ticket:', `${QUOTE}${inertLine(task.ticket)}`];
  return ['Task:', `${QUOTE}${inertLine(task.id)}`, ...ticket];
}

function saidLines(card: ApprovalCardModel): string[] {
  return [...free('Justification:', card.justification), ...evidenceLines(card)];
}

function free(title: string, text: string | null): string[] {
  return text === null || text === '' ? [] : [title, ...quoted(text)];
}

function foldedFree(title: string, text: string | null, foldAt: number): Folded {
  if (text === null || text === '') return { lines: [], hidden: 0 };
  const { shown, hidden } = fold(text, foldAt);
  return { lines: [title, ...quoted(shown), ...(hidden === 0 ? [] : [foldedNote(hidden)])], hidden };
}

function evidenceLines(card: ApprovalCardModel): string[] {
  if (card.evidence.length === 0) return [];
  return [
    'Evidence (addresses as text; Writ has opened none of them):',
    ...card.evidence.flatMap((item) => [`${QUOTE}${inertLine(item.title)}`, `${QUOTE}  ${inertLine(item.url)}`]),
  ];
}
