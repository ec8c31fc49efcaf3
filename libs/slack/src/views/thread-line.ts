import type { PersonName } from '#domain/person-name.js';
import { endWordsOf } from '#domain/words/end-words.js';
import { overrules, REFUSED_USES_LISTED, type ThreadEvent } from '#escalations/tell/what-follows.js';
import { escapeMrkdwn, inertLine } from './inert-text.js';
import type { PendingEvent } from '../ports.js';
import type { CardMessage } from './card/approval-card.view.js';
import { sections } from './block-kit.js';
import { fold } from './fold.js';
import { QUOTE, quoted } from './quoted.js';

/** One thing that happened, for the thread of a card: a sentence of ours, and what a person wrote, if anything. */
export interface ThreadLine {
  readonly words: string;
  readonly quoted: string | null;
}

/** Where the line will stand and how people are called. */
export interface ThreadPlace {
  readonly channel: string;
  readonly nameOf: PersonName;
}

type Data = Readonly<Record<string, unknown>>;
type Words = (who: string, data: Data, news: PendingEvent, place: ThreadPlace) => ThreadLine | null;

const line = (words: string, free: unknown = null): ThreadLine => ({
  words,
  quoted: typeof free === 'string' && free !== '' ? free : null,
});

/** How each type of event reads that `WHAT_FOLLOWS` makes a line. */
const WORDS: Readonly<Record<ThreadEvent, Words>> = {
  'vote.recorded': (who, { verdict, via, limits, reason }) => {
    const less = limits === null || limits === undefined ? '' : ' for less';
    const where = via === 'slack' ? '' : ' in the console or over REST';
    return line(`${who} ${verdict === 'approve' ? `approved${less}` : 'denied'}${where}`, reason);
  },
  'escalation.denied': (_who, data) =>
    overrules(data) ? line('It was approved, and policy denied it after all:', data['reason']) : null,
  'token.minted': () => line('The agent collected the grant: the clock runs.'),
  'token.used': (who, { action }) => line(`First use: ${inertLine(String(action))}, served by ${who}`),
  'token.use_refused': (who, { action, code }, { nth }) =>
    nth > REFUSED_USES_LISTED
      ? line('More uses were refused. They are counted in the record and told when the grant ends.')
      : line(`A use was refused by ${who}: ${inertLine(String(action))} (${spelled(code)})`),
  'grant.completed': (_who, data, news) => line(`The grant ended: ${ending(data)}.${refusals(news)}`),
  'grant.expired': (_who, data, news) => line(`The grant ended: ${ending(data)}.${refusals(news)}`),
  'grant.revoked': (who, data, news) =>
    data['end_reason'] === 'revoked_by_person'
      ? line(`${who} revoked the grant.${refusals(news)}`, data['reason'])
      : line(`The grant was revoked: ${ending(data)}.${refusals(news)}`),
  'escalation.reminded': (_who, { group }) => line(`Reminder: this still waits for ${inertLine(String(group))}.`),
  'escalation.deputy_asked': (_who, { group, deputy }) =>
    line(`${inertLine(String(deputy))} is asked too, in place of ${inertLine(String(group))}.`),
  'escalation.nudged': (who) => line(`${who}, who owns the agent, asks for a decision.`),
  // What was written in this very channel stands in the thread already.
  'comment.added': (who, { via, channel, text }, _news, place) =>
    via === 'slack' && channel === place.channel
      ? null
      : line(`${who} wrote ${via === 'slack' ? 'elsewhere in Slack' : 'in the console'}:`, text),
};

/** An event as its line in the thread of a card; `null` for what need not be said there. */
export function threadLine(news: PendingEvent, place: ThreadPlace): ThreadLine | null {
  const { type, actor, data } = news.event;
  const who = actor.kind === 'person' ? place.nameOf(actor.id) : actor.kind === 'system' ? 'Writ' : actor.id;
  return wordsOf(type)?.(inertLine(who), data, news, place) ?? null;
}

/** Another broker's history may hold what this one knows no words for. */
function wordsOf(type: string): Words | undefined {
  return Object.hasOwn(WORDS, type) ? WORDS[type as ThreadEvent] : undefined;
}

/** A line as the message that is posted: plain text, what people wrote behind a mark, nothing of theirs in the fallback. */
export function threadMessage({ words, quoted: free }: ThreadLine, eventId: string): CardMessage {
  return {
    text: escapeMrkdwn(fold(words, 600).shown),
    blocks: sections([words, ...(free === null ? [] : quoted(free))], QUOTE),
    metadata: { event_type: 'writ_thread', event_payload: { event_id: eventId } },
  };
}

function ending(data: Data): string {
  return endWordsOf(data['end_reason']) ?? 'it is over';
}

function refusals({ refusedUses }: PendingEvent): string {
  if (refusedUses === 0) return '';
  return ` ${refusedUses} ${refusedUses === 1 ? 'use was' : 'uses were'} refused.`;
}

/** A code as words. */
function spelled(code: unknown): string {
  return typeof code === 'string' ? inertLine(code.replaceAll('_', ' ')) : 'no reason given';
}
