import { member } from '#domain/json.js';
import { DENY_MODAL } from '../views/deny-modal.view.js';
import { LIMITS_MODAL } from '../views/limits-modal.view.js';
import { noticeModal } from '../views/notice-modal.view.js';
import { slackRefusalSentence, type SlackRefusal } from '../views/refusals.js';

/** Where somebody can be told that their interaction was turned back; each `null` where the body does not say. */
export interface Reach {
  /** True for a button of a Home tab, which is then rewritten. */
  readonly inHome: boolean;
  readonly user: string | null;
  readonly channel: string | null;
  readonly responseUrl: string | null;
  readonly triggerId: string | null;
}

const SLACK_ID = /^[A-Z0-9]{1,32}$/;
const OPAQUE = /^[\x21-\x7e]{1,255}$/;
/** The input under which each of our forms can say something about the whole. */
const BLOCKS: Readonly<Record<string, string>> = { [DENY_MODAL]: 'reason', [LIMITS_MODAL]: 'ttl' };

/** Reads who acted and where out of a body that is no complete click. */
export function reachOf(body: unknown): Reach {
  const channel = read(member(member(body, 'channel'), 'id'), SLACK_ID);
  return {
    inHome: member(member(body, 'view'), 'type') === 'home',
    user: read(member(member(body, 'user'), 'id'), SLACK_ID),
    channel: channel ?? read(member(member(body, 'container'), 'channel_id'), SLACK_ID),
    responseUrl: read(member(body, 'response_url'), OPAQUE),
    triggerId: read(member(body, 'trigger_id'), OPAQUE),
  };
}

/** Why an interaction that no listener takes is turned back. @param known whether it is on a button or form of ours */
export function whyTurnedBack(body: unknown, known: boolean): SlackRefusal {
  const team = read(member(member(body, 'team'), 'id'), SLACK_ID);
  const own = read(member(member(body, 'user'), 'team_id'), SLACK_ID);
  if (team !== null && own !== null && team !== own) return { code: 'other_workspace' };
  return known ? { code: 'incomplete' } : { code: 'unknown_action' };
}

/**
 * The answer to a submitted form that is turned back: said in the form, or in its place where it has no such input.
 * `undefined` for what is no form at all.
 */
export function formTurnedBack(body: unknown): object | undefined {
  const callback = member(member(body, 'view'), 'callback_id');
  if (member(body, 'type') !== 'view_submission' || typeof callback !== 'string') return undefined;
  const block = Object.hasOwn(BLOCKS, callback) ? BLOCKS[callback] : undefined;
  const sentence = slackRefusalSentence(whyTurnedBack(body, block !== undefined));
  return block === undefined
    ? { response_action: 'update', view: noticeModal(sentence) }
    : { response_action: 'errors', errors: { [block]: sentence } };
}

function read(value: unknown, grammar: RegExp): string | null {
  return typeof value === 'string' && grammar.test(value) ? value : null;
}
