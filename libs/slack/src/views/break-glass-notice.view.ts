import type { EscalationRequest } from '#domain/authority/authorization-details.js';
import { escapeMrkdwn, inertLine } from '../inert-text.js';
import type { CardMessage } from './approval-card.view.js';
import { context, header, plain, sections } from './block-kit.js';
import { quoted } from './quoted.js';

/** What the notice tells of an escalation; a stored row is one. */
export interface BrokenGlass {
  readonly id: string;
  readonly agentId: string;
  readonly ownerId: string;
  readonly resource: string;
  readonly status: string;
  readonly request: EscalationRequest;
}

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
  const actions = [...new Set(row.request.authorization_details.flatMap((element) => element.actions))];
  const what = `${row.agentId} (owner ${row.ownerId}) used break-glass for ${actions.join(', ')} on ${row.resource}.`;
  return {
    text: escapeMrkdwn(inertLine(`Break-glass: ${what}`)),
    metadata: { event_type: 'writ_break_glass', event_payload: { escalation_id: row.id } },
    blocks: [
      header('BREAK GLASS'),
      ...sections([what, OUTCOMES[row.status] ?? `The request is ${row.status}.`]),
      ...sections(['Its reason, written by the agent and not verified:', ...quoted(row.request.justification ?? '')]),
      ...context([
        plain(
          `Told: ${skipped.join(', ')}. The agent has no other break-glass until an operator has reviewed this one: ${row.id}`,
        ),
      ]),
    ],
  };
}
