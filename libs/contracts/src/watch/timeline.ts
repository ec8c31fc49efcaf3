import type { PersonName } from '#domain/person-name.js';
import { cancelledWords, endWordsOf } from '#domain/words/end-words.js';
import type { EventType } from '#escalations/rows/event-types.js';
import type { EventRow } from '#escalations/watch/history.js';

type Words = (who: string, data: Readonly<Record<string, unknown>>, nameOf: PersonName) => string;

/** An event that reads as its type does: «vote ended». */
const ITS_TYPE = 'its type';

/** The words of each type of event; `null`: people need not read it. */
const WORDS: Readonly<Record<EventType, Words | typeof ITS_TYPE | null>> = {
  'escalation.requested': (who) => `${who} asked`,
  'escalation.evaluated': ITS_TYPE,
  'escalation.approved': (who, { cuts }) => `approved by ${who}${some(cuts) ? ', for less than was asked' : ''}`,
  'escalation.denied': (who, { reason, approved_by: approvers }) =>
    `denied by ${who}${approvers === undefined ? '' : ' after it was approved'}${said(reason)}`,
  'escalation.cancelled': (who, { cause }) => cancelledWords(cause, who),
  'escalation.lapsed': () => 'lapsed: nobody decided in time',
  'escalation.reminded': () => 'the approvers were reminded',
  'escalation.deputy_asked': (_who, { deputy }) => `${spelled(deputy)} was asked too`,
  'escalation.nudged': (who) => `${who} nudged the approvers`,
  'break_glass.used': (who) => `${who} broke the glass`,
  'break_glass.reviewed': (who, { note }) => `${who} reviewed the break-glass${said(note)}`,
  'vote.recorded': (who, { verdict, via, limits, reason }) =>
    `${who} ${verdict === 'approve' ? `approved${limits === null || limits === undefined ? '' : ' for less'}` : 'denied'}${channel(via)}${said(reason)}`,
  'vote.refused': (who, { verdict, code, why, cause }) =>
    `${who} could not ${verdict === 'approve' ? 'approve' : 'deny'} it: ${spelled(why ?? code)}${cause === undefined ? '' : `: ${spelled(cause)}`}`,
  'vote.ended': ITS_TYPE,
  // What a card went through interests its operator, not those who decide.
  'card.posted': null,
  'card.updated': null,
  'card.failed': (_who, { error }) =>
    error === 'channel_shared_externally' || error === 'channel_about_to_be_shared'
      ? 'no card was posted in Slack: people of another organisation read that channel, or soon will'
      : 'the card could not be posted in Slack',
  'grant.ready': () => 'waits for the agent to collect it',
  'grant.activated': () => 'collected: the clock runs',
  'grant.completed': (_who, data) => `ended: ${ending(data)}`,
  'grant.expired': (_who, data) => `ended: ${ending(data)}`,
  'grant.revoked': (who, data) =>
    data['end_reason'] === 'revoked_by_person'
      ? `revoked by ${who}${said(data['reason'])}`
      : `revoked: ${ending(data)}`,
  'grant.outcome_reported': (who, { outcome }) => `${who} reported that the task ${spelled(outcome)}`,
  'token.minted': () => 'a token was minted',
  'token.renewed': () => 'the token was renewed',
  'token.used': (who, { action, use, below }) =>
    `${who} served ${spelled(action)}${typeof below === 'string' ? ' to whom the work was handed on' : ''}${typeof use === 'number' ? ` (use ${use})` : ''}`,
  'token.use_refused': (who, { action, code }) => `${who} refused ${spelled(action)}: ${spelled(code)}`,
  'agent.suspended': ITS_TYPE,
  'agent.resumed': ITS_TYPE,
  'comment.added': (who, { text, via }) => `${who} said${channel(via)}${said(text)}`,
  'passkey.added': ITS_TYPE,
  'passkey.removed': ITS_TYPE,
  'passkey.link_issued': ITS_TYPE,
  'slack_account.linked': ITS_TYPE,
  'slack_account.unlinked': ITS_TYPE,
  'slack_account.link_refused': ITS_TYPE,
  'config.applied': ITS_TYPE,
  'session.opened': ITS_TYPE,
  'session.closed': ITS_TYPE,
  'session.refused': ITS_TYPE,
  'key.rotated': ITS_TYPE,
  'kill.switched': ITS_TYPE,
  'job.dead_lettered': (_who, { topic }) => `a job (${spelled(topic)}) failed for good`,
  'job.retried': (who, { topic }) => `${who} had a failed job (${spelled(topic)}) tried again`,
  'restore.declared': ITS_TYPE,
  'restore.reviewed': ITS_TYPE,
  'seal.established': ITS_TYPE,
  'policy.error': () => 'a policy could not be evaluated',
  'seal.broken': (_who, { kind }) => `a row (${spelled(kind)}) that Writ did not write was passed over`,
};

/**
 * One event as a line for people, without its time; `null` for what they need not read. Holds no more of an agent's
 * words than the reasons that people gave, and is plain text: whoever shows it escapes it.
 */
export function timelineText(event: EventRow, nameOf: PersonName): string | null {
  // A later version of the broker may have written what this one knows no words for.
  const words = Object.hasOwn(WORDS, event.type) ? WORDS[event.type] : ITS_TYPE;
  if (words === null) return null;
  return words === ITS_TYPE ? spelled(event.type) : words(whoOf(event, nameOf), event.data, nameOf);
}

function whoOf({ actor }: EventRow, nameOf: PersonName): string {
  if (actor.kind === 'person') return nameOf(actor.id);
  if (actor.kind === 'policy') return 'policy';
  return actor.kind === 'system' ? 'the broker' : actor.id;
}

function ending(data: Readonly<Record<string, unknown>>): string {
  const reason = data['end_reason'];
  return endWordsOf(reason) ?? (spelled(reason) || 'over');
}

function said(reason: unknown): string {
  return typeof reason === 'string' && reason !== '' ? `: «${reason}»` : '';
}

function channel(via: unknown): string {
  return via === 'slack' ? ' in Slack' : '';
}

/** A code as words: `not_in_group` is «not in group». */
function spelled(code: unknown): string {
  return typeof code === 'string' ? code.replaceAll('_', ' ').replace(/^(\w+)\.(\w)/, '$1 $2') : '';
}

function some(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
