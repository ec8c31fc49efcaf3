import { plain, type Button, type LinkButton } from './block-kit.js';
import * as facts from './card-facts.js';
import type { ApprovalCardModel } from './card-model.js';

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

/** Ends the grant at once, after a question; `null` unless it is live. Who may is judged at the click. */
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
        `${facts.shortened(card.agent.id, 60)} loses what it was granted on ${facts.shortened(card.resource.id, 80)}. ${held}`,
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

function detailsButton(card: ApprovalCardModel): Button {
  return { type: 'button', action_id: 'writ_details', text: plain('Details'), value: card.cardId };
}

/** At most 300 characters: every part is shortened in its middle, visibly, so that none can push another out. */
function confirmText(card: ApprovalCardModel): string {
  const actions = facts.actionsByRisk(card.elements);
  const more = actions.length > 1 ? ` and ${actions.length - 1} more` : '';
  const first = facts.shortened(actions[0]?.name ?? '', 60);
  return (
    `${facts.shortened(card.agent.id, 60)} may do ${first}${more} on ${facts.shortened(card.resource.id, 80)} ` +
    `for ${facts.durationWords(card.requestedTtl)} once collected, ${facts.usesWords(card.maxUses)}.`
  );
}
