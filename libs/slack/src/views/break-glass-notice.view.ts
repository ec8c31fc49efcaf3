import type { RatedCall } from '#domain/words/call-lines.js';
import { escapeMrkdwn, inertLine, unmarked } from './inert-text.js';
import type { CardMessage } from './card/approval-card.view.js';
import { context, header, plain, sections } from './block-kit.js';
import { fold, foldedNote } from './fold.js';
import { askedOn, exactCalls, firstCallWords, nameAndId } from './card/card-facts.js';
import { QUOTE, quoted } from './quoted.js';

/** What the notice tells of an escalation. */
export interface BrokenGlass {
  readonly id: string;
  readonly agent: { readonly id: string; readonly name: string };
  /** The owner's name. */
  readonly owner: string;
  /** The resource's name. */
  readonly resource: string;
  readonly calls: readonly RatedCall[];
  readonly status: string;
  readonly justification: string | null;
}

const CALLS_ROOM = 2_500;

const OUTCOMES: Readonly<Record<string, string>> = {
  approved: 'It was granted without asking you.',
  pending: 'Fewer people are asked than the ordinary rules ask.',
};

/**
 * What everyone who was passed over reads at once: who broke the glass, for what, and in which words. Broker facts
 * first, the agent's words quoted; nothing to click.
 * @param skipped the groups that are told
 */
export function breakGlassNotice(row: BrokenGlass, skipped: readonly string[]): CardMessage {
  const who = `${nameAndId(row.agent.name, row.agent.id)}, owner ${inertLine(row.owner)}`;
  const asked = askedOn(row.calls, row.resource);
  const exact = fold(
    exactCalls(row.calls)
      .flatMap(({ lines }) => lines)
      .join('\n'),
    CALLS_ROOM,
  );
  const brief = `Break-glass: ${inertLine(row.agent.name)}: ${unmarked(asked)} · ${firstCallWords(row.calls)}`;
  return {
    text: escapeMrkdwn(fold(brief, 600).shown),
    metadata: { event_type: 'writ_break_glass', event_payload: { escalation_id: row.id } },
    blocks: [
      header('BREAK GLASS'),
      ...sections([`${who}, used break-glass: ${asked}.`, OUTCOMES[row.status] ?? `The request is ${row.status}.`]),
      ...sections([...exact.shown.split('\n'), ...(exact.hidden === 0 ? [] : [foldedNote(exact.hidden)])], QUOTE),
      ...sections(['Its reason, written by the agent and not verified:', ...quoted(row.justification ?? '')]),
      ...context([
        plain(
          `Told: ${skipped.join(', ')}. The agent has no other break-glass until an operator has reviewed this one: ${row.id}`,
        ),
      ]),
    ],
  };
}
