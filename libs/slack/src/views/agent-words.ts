import { inertLine } from './inert-text.js';
import type { ApprovalCardModel } from './card/card-model.js';
import { fold, foldedNote, type Folded } from './fold.js';
import { QUOTE, quoted } from './quoted.js';

/** The label of the only block that holds the agent's words. */
export const AGENT_LABEL = 'Written by the agent — not verified';

/** The agent's words as lines under our label, whole. */
export function agentLines(card: ApprovalCardModel): string[] {
  const { task, justification } = card;
  return [
    'Task:',
    `${QUOTE}${inertLine(task.id)}`,
    ...(task.ticket === null ? [] : ['Ticket:', `${QUOTE}${inertLine(task.ticket)}`]),
    ...free('Description:', task.description),
    ...free('Justification:', justification),
    ...evidenceLines(card),
  ];
}

/**
 * The same as the small print of a card: every line behind the mark, none of ours between them but the notes of what is
 * left to Details. Free text is left there after `foldAt` characters, evidence as a whole when it is longer than
 * `evidenceAt`.
 */
export function briefAgentLines(card: ApprovalCardModel, foldAt: number, evidenceAt: number): Folded {
  const { task, justification, evidence } = card;
  const ticket = task.ticket === null ? '' : `, ticket ${inertLine(task.ticket)}`;
  const items = evidence.map(({ title, url }) => `${QUOTE}Evidence: ${inertLine(title)}, ${inertLine(url)}`);
  const size = items.join('\n').length;
  const counted = `Evidence: ${evidence.length} ${evidence.length === 1 ? 'item' : 'items'}, opens in Details`;
  const parts = [
    brief(task.description, foldAt, `Task ${inertLine(task.id)}${ticket}`),
    brief(justification, foldAt),
    size > evidenceAt ? { lines: [counted], hidden: size } : { lines: items, hidden: 0 },
  ];
  return {
    lines: parts.flatMap((part) => part.lines),
    hidden: parts.reduce((sum, part) => sum + part.hidden, 0),
  };
}

function free(title: string, text: string | null): string[] {
  return text === null || text === '' ? [] : [title, ...quoted(text)];
}

/** Free text behind the mark, on the line of what leads it. */
function brief(text: string | null, foldAt: number, lead = ''): Folded {
  if (text === null || text === '') return { lines: lead === '' ? [] : quoted(lead), hidden: 0 };
  const { shown, hidden } = fold(text, foldAt);
  const words = lead === '' ? shown : `${lead}: ${shown}`;
  return { lines: [...quoted(words), ...(hidden === 0 ? [] : [foldedNote(hidden)])], hidden };
}

function evidenceLines(card: ApprovalCardModel): string[] {
  if (card.evidence.length === 0) return [];
  return [
    'Evidence (addresses as text; Writ has opened none of them):',
    ...card.evidence.flatMap((item) => [`${QUOTE}${inertLine(item.title)}`, `${QUOTE}  ${inertLine(item.url)}`]),
  ];
}
