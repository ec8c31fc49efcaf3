import { inert, inertLine } from '../inert-text.js';
import type { ApprovalCardModel } from './card-model.js';
import { fold, foldedNote } from './block-kit.js';

/** Stands before every line that an agent or a person wrote, so that no line of theirs can pass for one of ours. */
export const QUOTE = '│ ';
/** The label of the only block that holds the agent's words. */
export const AGENT_LABEL = 'Written by the agent — not verified';

/** Free text as prefixed lines. */
export function quoted(text: string): string[] {
  return inert(text)
    .split('\n')
    .map((line) => `${QUOTE}${line}`);
}

/**
 * The agent's words as lines under our label. With `foldAt`, free text past that many characters is left to Details,
 * and an unprefixed line of ours says how much.
 */
export function agentLines(card: ApprovalCardModel, foldAt: number | null): string[] {
  const free = (title: string, text: string | null): string[] => {
    if (text === null || text === '') return [];
    if (foldAt === null) return [title, ...quoted(text)];
    const { shown, hidden } = fold(text, foldAt);
    return [title, ...quoted(shown), ...(hidden === 0 ? [] : [foldedNote(hidden)])];
  };
  const ticket = card.task.ticket === null ? [] : ['Ticket:', `${QUOTE}${inertLine(card.task.ticket)}`];
  return [
    'Task:',
    `${QUOTE}${inertLine(card.task.id)}`,
    ...ticket,
    ...free('Description:', card.task.description),
    ...free('Justification:', card.justification),
    ...evidenceLines(card, foldAt !== null),
  ];
}

function evidenceLines(card: ApprovalCardModel, counted: boolean): string[] {
  if (card.evidence.length === 0) return [];
  if (counted)
    return [`Evidence: ${card.evidence.length} ${card.evidence.length === 1 ? 'item' : 'items'}, in Details`];
  return [
    'Evidence (addresses as text; Writ has opened none of them):',
    ...card.evidence.flatMap((item) => [`${QUOTE}${inertLine(item.title)}`, `${QUOTE}  ${inertLine(item.url)}`]),
  ];
}
