import type { EscalationStatus } from '#domain/escalation/lifecycle.js';
import type { Refusal } from '#domain/refusal.js';
import { VOTE_ENDED_BY_KILL_SWITCH, whyNotSentence, whyNotWordsOf } from '#domain/words/why-not-words.js';
import { inert } from './inert-text.js';

/** Why Slack itself says that this account may not decide. */
export type AccountRefusal =
  | 'unknown_user'
  | 'deactivated'
  | 'bot'
  | 'guest'
  | 'stranger'
  | 'email_unconfirmed'
  | 'wrong_workspace'
  | 'incomplete_profile';

/** A refusal that only Slack's side knows of, before any use case was asked. */
export type SlackRefusal =
  | { readonly code: 'unknown_card' }
  | { readonly code: 'foreign_click' }
  | { readonly code: 'not_bound' }
  | { readonly code: 'standing'; readonly reason: AccountRefusal }
  /** Slack could not tell whether the account is in good standing. */
  | { readonly code: 'standing_unknown' }
  /** Slack refuses the app what it needs for this, until an operator mends it; `scope`: what it lacks. */
  | { readonly code: 'app_refused'; readonly error: string; readonly scope: string | null }
  /** The delivery lacks what says who acted on what, or contradicts itself. */
  | { readonly code: 'incomplete' }
  /** The account is another workspace's than the one it acts in. */
  | { readonly code: 'other_workspace' }
  /** No button, form or shortcut of ours. */
  | { readonly code: 'unknown_action' }
  /** Slack did not open the modal: its trigger lives three seconds. */
  | { readonly code: 'no_modal' }
  /** Part of the request stands only in Details, or may be folded by Slack, and this person has not opened Details. */
  | { readonly code: 'details_unopened'; readonly hidden: boolean }
  /** Policy wants this request approved in the console. */
  | { readonly code: 'console_only'; readonly url: string | null }
  /** This person may not end this grant. */
  | { readonly code: 'may_not_revoke' }
  /** There is no live grant to end. */
  | { readonly code: 'nothing_live' }
  /** We failed midway and cannot say whether the vote was written. */
  | { readonly code: 'outcome_unknown' };

const STATUS: Readonly<Record<EscalationStatus, string>> = {
  pending: 'still open',
  approved: 'already approved',
  denied: 'already denied',
  cancelled: 'already cancelled',
  lapsed: 'lapsed, because nobody decided in time',
};

const STANDING: Readonly<Record<AccountRefusal, string>> = {
  unknown_user: 'Slack does not know this account',
  deactivated: 'this Slack account is deactivated',
  bot: 'apps and bots cannot decide',
  guest: 'guest accounts cannot decide',
  stranger: 'accounts of other organisations cannot decide',
  email_unconfirmed: 'the e-mail address of this Slack account is not confirmed',
  wrong_workspace: 'this account belongs to another workspace',
  incomplete_profile: 'Slack told too little about this account',
};

const NOT_COUNTED = 'Nothing was counted.';
const TELL_OPERATOR = 'Trying again does not help: tell an operator. Until it is mended, decide in the console.';
const CONSOLE_ONLY = 'Policy wants this request approved in the console, not in Slack.';

/** The plain sentence of an ephemeral answer to a refusal of a use case. Says the cause and that nothing was counted. */
export function refusalSentence(refusal: Pick<Refusal, 'code' | 'facts'>): string {
  const facts = refusal.facts ?? {};
  switch (refusal.code) {
    case 'not_eligible':
      return `You cannot decide this request: ${whyNotWordsOf(facts['why']) ?? 'you are not eligible'}. ${NOT_COUNTED}`;
    case 'already_decided':
      return `This request is ${known(STATUS, facts['status'], 'already decided')}. ${NOT_COUNTED}`;
    case 'already_voted':
      return facts['ended_by'] === 'kill_switch'
        ? `${VOTE_ENDED_BY_KILL_SWITCH} ${NOT_COUNTED}`
        : whyNotSentence('already_voted');
    case 'stale_digest':
      return `This message no longer shows the request as it is. ${NOT_COUNTED} Wait for it to be rewritten and look again.`;
    case 'slack_deny_only':
    case 'insufficient_user_authentication':
      return `${CONSOLE_ONLY} ${NOT_COUNTED} You can deny it here.`;
    case 'not_found':
    case 'forbidden':
    case 'unauthenticated':
      return `Writ has no such request for you. ${NOT_COUNTED}`;
    case 'rate_limited':
    case 'in_progress':
    case 'unavailable':
      return `Writ could not record this just now. ${NOT_COUNTED} Please try again in a moment.`;
    default:
      return `Writ did not accept this. ${NOT_COUNTED}`;
  }
}

/** The plain sentence for a click that was refused before any use case was asked. */
export function slackRefusalSentence(refusal: SlackRefusal): string {
  switch (refusal.code) {
    case 'unknown_card':
      return `Writ does not know this message. ${NOT_COUNTED}`;
    case 'foreign_click':
      return `This click did not come from where the request was posted. ${NOT_COUNTED}`;
    case 'not_bound':
      return `Your Slack account is not linked to a person in Writ. ${NOT_COUNTED} Ask an operator to add it.`;
    case 'standing':
      return `You cannot decide requests from this account: ${STANDING[refusal.reason]}. ${NOT_COUNTED}`;
    case 'standing_unknown':
      return `Slack could not confirm your account just now. ${NOT_COUNTED} Please try again in a moment.`;
    case 'app_refused':
      return refusal.scope === null
        ? `Slack refuses Writ what it needs for this (${inert(refusal.error)}). ${NOT_COUNTED} ${TELL_OPERATOR}`
        : `Writ may not look accounts up in Slack: it lacks the permission ${inert(refusal.scope)}. ${NOT_COUNTED} ${TELL_OPERATOR}`;
    case 'incomplete':
      return `Slack told Writ too little about who acted on what. ${NOT_COUNTED} You can decide in the console.`;
    case 'other_workspace':
      return `Your account belongs to another workspace than the one that Writ serves. ${NOT_COUNTED} You can decide in the console.`;
    case 'unknown_action':
      return `Writ has no such button. ${NOT_COUNTED} Open the request in the console.`;
    case 'no_modal':
      return `Slack did not open the window in time. ${NOT_COUNTED} Please click again.`;
    case 'details_unopened':
      return refusal.hidden
        ? `Part of this request stands only in Details. Open them first, then approve. ${NOT_COUNTED}`
        : `Slack may fold a request this long. Open Details first, then approve. ${NOT_COUNTED}`;
    case 'console_only':
      return `${CONSOLE_ONLY} ${NOT_COUNTED} You can deny it here${refusal.url === null ? '.' : `, or approve it at ${refusal.url}`}`;
    case 'may_not_revoke':
      return 'You may not revoke this grant: its approvers, the owners of the resource and operators may. Nothing has changed.';
    case 'nothing_live':
      return 'This grant has ended already. Nothing has changed.';
    case 'outcome_unknown':
      return 'Something failed in Writ. If your decision was counted, the message will show it; if not, please try again.';
  }
}

function known(table: Readonly<Record<string, string>>, key: unknown, otherwise: string): string {
  return typeof key === 'string' && Object.hasOwn(table, key) ? inert(table[key] as string) : otherwise;
}
