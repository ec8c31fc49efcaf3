import { askWords } from '#domain/words/call-lines.js';
import { durationWords } from '#domain/words/duration-words.js';
import { usesWords } from '#domain/words/short-words.js';
import { plain, SLACK_LIMITS, type Button, type LinkButton } from '../block-kit.js';
import { fold } from '../fold.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';

/** Characters of a name in a question that has room for 300 in all. */
const CONFIRM_NAME = 40;

/** What people may do with a pending card. Where policy wants approvals in the console, Approve is a link to it. */
export function decisionButtons(card: ApprovalCardModel): (Button | LinkButton)[] {
  const console = consoleButton(card, 'Open in console');
  const rest = [denyButton(card), detailsButton(card)];
  if (card.approveIn === 'slack') {
    return [approveButton(card), limitsButton(card), ...rest, ...(console === null ? [] : [console])];
  }
  const words = card.approveIn === 'console_passkey' ? 'Approve with a passkey' : 'Approve in the console';
  const approve = consoleButton(card, words);
  return [...(approve === null ? [] : [{ ...approve, style: 'primary' as const }]), ...rest];
}

/** The link to the console's page of this request; `null` without a console. Slack reports its clicks too: nobody acts on them. */
export function consoleButton(card: ApprovalCardModel, words: string): LinkButton | null {
  if (card.consoleUrl === null) return null;
  return { type: 'button', action_id: 'writ_console', text: plain(words), url: card.consoleUrl };
}

/** Ends the grant at once, after a question; `null` unless it is live. Whether this person may is judged at the click. */
export function revokeButton(card: ApprovalCardModel): Button | null {
  const status = card.grant?.status;
  if (status !== 'ready' && status !== 'active') return null;
  const held = status === 'active' ? 'Its token stops working at once.' : 'The agent can no longer collect it.';
  return {
    type: 'button',
    action_id: 'writ_revoke',
    text: plain('Revoke now'),
    value: card.cardId,
    style: 'danger',
    confirm: {
      title: plain('Revoke this grant?'),
      text: plain(
        `${facts.shortened(card.agent.name, 60)} loses what it was granted on ${facts.shortened(card.resource.name, 60)}. ${held}`,
      ),
      confirm: plain('Revoke'),
      deny: plain('Back'),
      style: 'danger',
    },
  };
}

function approveButton(card: ApprovalCardModel): Button {
  return {
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
}

function limitsButton(card: ApprovalCardModel): Button {
  return { type: 'button', action_id: 'writ_limits', text: plain('Approve for less'), value: card.cardId };
}

function denyButton(card: ApprovalCardModel): Button {
  return { type: 'button', action_id: 'writ_deny', text: plain('Deny'), value: card.cardId, style: 'danger' };
}

/** Opens the whole request, decided or not. */
export function detailsButton(card: ApprovalCardModel): Button {
  return { type: 'button', action_id: 'writ_details', text: plain('Details'), value: card.cardId };
}

/**
 * The exact request that an approval approves, in at most 300 characters: the operator's sentence and the calls. Where that is too much the
 * sentence goes first, then whole calls, and what is missing is said with the place where it stands. Names are shortened
 * in their middle, visibly, so that none can push a call out.
 */
function confirmText(card: ApprovalCardModel): string {
  const calls = facts.exactCalls(card.calls).map(({ lines }) => lines.join('\n'));
  const [agent, resource] = [card.agent.name, card.resource.name].map((name) => facts.shortened(name, CONFIRM_NAME));
  const terms = `for ${durationWords(card.requestedTtl)} once collected, ${usesWords(card.maxUses)}`;
  const asked = calls.length === 1 ? askWords(card.calls) : `${calls.length} calls`;
  const whole = [`${agent}: ${asked} on ${resource}, ${terms}.`, ...calls].join('\n');
  return whole.length <= SLACK_LIMITS.confirmText ? whole : confirmPart(`${agent} on ${resource}, ${terms}.`, calls);
}

function confirmPart(head: string, calls: readonly string[]): string {
  let text = head;
  for (const [index, call] of calls.entries()) {
    const left = calls.length - index;
    const rest = `… ${left === calls.length ? '' : 'and '}${left} call${left === 1 ? '' : 's'} not whole here: read the card.`;
    const room = SLACK_LIMITS.confirmText - text.length - rest.length - 2;
    if (call.length > room)
      return [text, ...(index === 0 && room > 20 ? [fold(call, room).shown] : []), rest].join('\n');
    text = `${text}\n${call}`;
  }
  return text;
}
