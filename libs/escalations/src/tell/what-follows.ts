import type { EventType } from '../rows/event-types.js';
import type { HistoryEntry } from '../rows/history.js';
import type { OutboxEntry } from '../rows/outbox.js';

/** What a notice says happened. */
export type NoticeKind =
  'asked' | 'reminder' | 'deputy_asked' | 'approved' | 'denied' | 'lapsed' | 'break_glass_used' | 'revoked';

type When = (entry: HistoryEntry) => boolean;

/**
 * What follows from one type of event; `null`: nothing of the kind. Cards, threads and the clock are for what people were
 * asked for: of an entry that says nobody was, none follows, whatever stands here. The sweeper finds the end of such a
 * grant, and places outside Slack, which are the owners' too, are told all the same.
 */
interface Follows {
  /** The request's cards in Slack are published anew. */
  readonly card: When | null;
  /** The threads under its cards are told; `line`: of the event itself, else of what happened before there was a thread. */
  readonly thread: { readonly line: boolean; readonly when: When } | null;
  /** Places outside Slack's channels are told; `says` is `null` where only an identical request may have its turn now. */
  readonly notice: { readonly says: NoticeKind | null; readonly when: When } | null;
  /** The clock looks at the request or the grant again, at the instants that the entry names as `due`. */
  readonly clock: 'escalation' | 'grant' | null;
  /** Slack channels of those who were passed over are told at once. */
  readonly breakGlass: boolean;
}

const always = (): boolean => true;
/** A request that is decided at once has nothing due. */
const whereItWaits: When = ({ due }) => due !== undefined;
/** What policy decided by itself is no news for people unless it overruled them. */
const unlessPolicyAlone: When = ({ actor, data }) => actor.kind !== 'policy' || overrules(data);

const NOTHING = { card: null, thread: null, notice: null, clock: null, breakGlass: false } as const;

const line = (when: When = always) => ({ line: true, when }) as const;
const notice = <Says extends NoticeKind | null>(says: Says, when: When = always) => ({ says, when }) as const;

/**
 * Every type of event, in the order in which a request meets them, and what its being written brings about in the same
 * transaction. A type without a row does not compile.
 */
export const WHAT_FOLLOWS = {
  'escalation.requested': {
    ...NOTHING,
    card: whereItWaits,
    notice: notice('asked', whereItWaits),
    clock: 'escalation',
  },
  'escalation.evaluated': NOTHING,
  'escalation.approved': { ...NOTHING, card: unlessPolicyAlone, notice: notice('approved', unlessPolicyAlone) },
  // Any other denial is a vote in the thread, or stands on the card.
  'escalation.denied': {
    ...NOTHING,
    card: unlessPolicyAlone,
    thread: line(({ data }) => overrules(data)),
    notice: notice('denied', unlessPolicyAlone),
  },
  'escalation.cancelled': { ...NOTHING, card: always, notice: notice(null) },
  'escalation.lapsed': { ...NOTHING, card: always, notice: notice('lapsed') },
  'escalation.reminded': {
    ...NOTHING,
    card: always,
    thread: line(),
    notice: notice('reminder', ({ data }) => data?.['step'] === 'late'),
  },
  'escalation.deputy_asked': { ...NOTHING, card: always, thread: line(), notice: notice('deputy_asked') },
  'escalation.nudged': { ...NOTHING, card: always, thread: line() },
  'vote.recorded': { ...NOTHING, card: always, thread: line() },
  'vote.refused': NOTHING,
  'vote.ended': { ...NOTHING, card: always },
  'card.posted': { ...NOTHING, thread: { line: false, when: always } },
  'card.updated': NOTHING,
  'card.failed': NOTHING,
  'grant.ready': { ...NOTHING, clock: 'grant' },
  'grant.activated': { ...NOTHING, card: always, clock: 'grant' },
  'grant.completed': { ...NOTHING, card: always, thread: line() },
  'grant.expired': { ...NOTHING, card: always, thread: line() },
  'grant.revoked': { ...NOTHING, card: always, thread: line(), notice: notice('revoked', unlessPolicyAlone) },
  'grant.outcome_reported': NOTHING,
  'token.minted': { ...NOTHING, thread: line() },
  'token.renewed': NOTHING,
  'token.used': { ...NOTHING, thread: line(({ data }) => data?.['use'] === 1) },
  // The first few: see `REFUSED_USES_LISTED`.
  'token.use_refused': { ...NOTHING, thread: line() },
  'agent.suspended': NOTHING,
  'agent.resumed': NOTHING,
  'break_glass.used': { ...NOTHING, notice: notice('break_glass_used'), breakGlass: true },
  'break_glass.reviewed': NOTHING,
  'comment.added': { ...NOTHING, thread: line() },
  'passkey.added': NOTHING,
  'passkey.removed': NOTHING,
  'passkey.link_issued': NOTHING,
  'slack_account.linked': NOTHING,
  'slack_account.unlinked': NOTHING,
  'slack_account.link_refused': NOTHING,
  'config.applied': NOTHING,
  'session.opened': NOTHING,
  'session.closed': NOTHING,
  'session.refused': NOTHING,
  'key.rotated': NOTHING,
  'kill.switched': NOTHING,
  'job.dead_lettered': NOTHING,
  'job.retried': NOTHING,
  'restore.declared': NOTHING,
  'restore.reviewed': NOTHING,
  'seal.broken': NOTHING,
  'seal.established': NOTHING,
  'policy.error': NOTHING,
} as const satisfies Readonly<Record<EventType, Follows>>;

type Row<Type extends EventType> = (typeof WHAT_FOLLOWS)[Type];

/** The types of event that are a line in the threads under a request's cards. */
export type ThreadEvent = {
  [Type in EventType]: Row<Type>['thread'] extends { readonly line: true } ? Type : never;
}[EventType];

/** The types of event that places outside Slack's channels are told of, in words. */
export type NoticedEvent = {
  [Type in EventType]: Row<Type>['notice'] extends { readonly says: NoticeKind } ? Type : never;
}[EventType];

const ROWS = Object.entries(WHAT_FOLLOWS) as readonly [EventType, Follows][];

/** What threads are made of. Of uses the first, of refused uses the first few: see `ThreadStore.pendingEvents`. */
export const THREAD_EVENTS = ROWS.flatMap(([type, { thread }]) => (thread?.line === true ? [type as ThreadEvent] : []));

/** What notices are made of. */
export const NOTIFIED_EVENTS = ROWS.flatMap(([type, { notice: told }]) =>
  (told?.says ?? null) === null ? [] : [type as NoticedEvent],
);

/** Refused uses that are told one by one; the next line says that the rest are only counted. */
export const REFUSED_USES_LISTED = 5;

/** True of a denial that came after people had approved: policy, asked again, said no. */
export function overrules(data: HistoryEntry['data']): boolean {
  return data?.['approved_by'] !== undefined;
}

/** What a notice of such an event says; `null` when there is none. */
export function noticeKind(type: EventType): NoticeKind | null {
  return rowOf(type).notice?.says ?? null;
}

/**
 * True when such an event is a line that the threads under its request's cards want now, where there are any. Where it is
 * false, the database need not be asked.
 */
export function isThreadLine(entry: HistoryEntry): boolean {
  const { thread } = rowOf(entry.type);
  return concernsPeople(entry) && thread !== null && thread.line && thread.when(entry);
}

/**
 * The jobs that follow from these entries, each once: announcements, cards, timers, notices, and the thread of a new card.
 * Not those of lines in threads, which depend on what is in the database: see `isThreadLine`.
 */
export function jobsAfter(entries: readonly HistoryEntry[]): OutboxEntry[] {
  const jobs = new Map<string, OutboxEntry>();
  for (const job of entries.flatMap(jobsOf)) jobs.set(`${job.topic} ${job.payload.id} ${job.afterMs ?? ''}`, job);
  return [...jobs.values()];
}

function jobsOf(entry: HistoryEntry): OutboxEntry[] {
  const { escalation } = entry;
  const { card, thread, notice: told, breakGlass } = rowOf(entry.type);
  if (escalation === undefined) return [];
  const payload = { id: escalation };
  const shown = concernsPeople(entry);
  return [
    ...(breakGlass ? [{ topic: 'break_glass.notice' as const, payload }] : []),
    ...(shown && card?.(entry) === true ? [{ topic: 'card.publish' as const, payload }] : []),
    ...(shown && thread?.line === false ? [{ topic: 'card.thread' as const, payload }] : []),
    ...(shown ? timersOf(entry) : []),
    ...(told?.when(entry) === true ? [{ topic: 'notice.send' as const, payload }] : []),
  ];
}

/** False where nobody was asked: there is no card, no thread, and nobody who waits for the clock. */
function concernsPeople({ peopleAsked }: HistoryEntry): boolean {
  return peopleAsked !== false;
}

function timersOf({ type, escalation, grant, due }: HistoryEntry): OutboxEntry[] {
  const { clock } = rowOf(type);
  const id = clock === 'grant' ? grant : escalation;
  if (clock === null || id === undefined || due === undefined) return [];
  const payload = { id };
  const reminders = due.reminders ?? [];
  return [
    ...reminders.map((afterMs) => ({ topic: 'reminder.escalation' as const, payload, afterMs })),
    { topic: `deadline.${clock}` as const, payload, afterMs: due.end },
  ];
}

function rowOf(type: EventType): Follows {
  return WHAT_FOLLOWS[type];
}
