import type { EventType } from '#escalations/rows/event-types.js';
import type { HistoryEntry } from '#escalations/rows/history.js';
import { COMMAND_ACTOR } from '#escalations/watch/watch-history.js';

/** A line of the log about something that people or operators did: ids and codes, never a word of an agent or person. */
export interface BusinessLine {
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** The escalation whose trace the line belongs to; `null` for none. */
  readonly escalation: string | null;
}

/** What of an event's data may stand in a line: words of ours and ids of ours or of the configuration. */
interface LoggedEvent {
  readonly message: string;
  readonly codes: readonly string[];
  /** Only when this is true of it; absent: always. */
  readonly when?: (entry: HistoryEntry) => boolean;
}

/** The line of each type of event; `null`: it has none. */
const LOGGED: Readonly<Record<EventType, LoggedEvent | null>> = {
  'escalation.requested': null,
  'escalation.evaluated': null,
  'escalation.approved': { message: 'a request was approved', codes: ['approvers'], when: notByPolicy },
  // Policy's later no, over what people had approved, is told as well.
  'escalation.denied': { message: 'a request was denied', codes: ['code', 'approved_by'], when: afterPeople },
  'escalation.cancelled': null,
  'escalation.lapsed': null,
  'escalation.reminded': null,
  'escalation.deputy_asked': null,
  'escalation.nudged': null,
  'vote.recorded': { message: 'a vote was recorded', codes: ['verdict', 'via'] },
  'vote.refused': null,
  'vote.ended': null,
  'card.posted': null,
  'card.updated': null,
  'card.failed': null,
  'grant.ready': null,
  'grant.activated': null,
  'grant.completed': null,
  'grant.expired': null,
  'grant.revoked': { message: 'a grant was ended by hand', codes: ['end_reason'], when: byHand },
  'grant.outcome_reported': null,
  'token.minted': {
    message: 'a token was minted',
    codes: ['kid'],
    when: ({ peopleAsked }) => peopleAsked !== false,
  },
  'token.renewed': null,
  'token.used': null,
  'token.use_refused': null,
  'agent.suspended': { message: 'an agent was suspended', codes: [] },
  'agent.resumed': { message: 'an agent was resumed', codes: [] },
  'break_glass.used': { message: 'break-glass was used', codes: [] },
  'break_glass.reviewed': { message: 'a use of break-glass was reviewed', codes: [] },
  'comment.added': null,
  'passkey.added': null,
  'passkey.removed': null,
  'passkey.link_issued': { message: 'a passkey link was issued', codes: ['person'] },
  'slack_account.linked': null,
  'slack_account.unlinked': null,
  'slack_account.link_refused': null,
  'config.applied': { message: 'a configuration was applied', codes: ['configuration', 'policy_version'] },
  'session.opened': null,
  'session.closed': null,
  'session.refused': { message: 'a sign-in was refused', codes: ['signed_in_by', 'issuer', 'subject'] },
  'key.rotated': { message: 'a signing key changed', codes: ['change', 'kid', 'alg'] },
  'kill.switched': { message: 'a kill switch was used', codes: ['kind', 'person'] },
  'job.dead_lettered': null,
  'job.retried': null,
  'restore.declared': { message: 'a restore was declared', codes: ['epoch', 'cause'] },
  'restore.reviewed': { message: 'a restore was reviewed', codes: ['epoch', 'verdict'] },
  'seal.broken': null,
  'seal.established': null,
  'policy.error': null,
};

/** The types of event that may have a line. */
export const LOGGED_EVENTS = (Object.keys(LOGGED) as EventType[]).filter((type) => LOGGED[type] !== null);

/** The lines of what one transaction wrote, in its order. A decision of policy alone has none. */
export function businessLines(entries: readonly HistoryEntry[]): BusinessLine[] {
  const applied = entries.filter(({ type }) => type === 'config.applied');
  return entries.flatMap((entry) => {
    // What a command of a later version wrote may be of a type that this one does not know.
    const told = Object.hasOwn(LOGGED, entry.type) ? LOGGED[entry.type] : null;
    if (told === null || told.when?.(entry) === false) return [];
    // Each change is an event; an apply is one line, however much it changed.
    if (entry.type === 'config.applied' && !isFirstOf(applied, entry)) return [];
    return [lineOf(entry, told, entry.type === 'config.applied' ? changesOf(applied, entry) : null)];
  });
}

function lineOf(entry: HistoryEntry, { message, codes }: LoggedEvent, changes: number | null): BusinessLine {
  const { type, actor, escalation, grant, agent } = entry;
  const data = type === 'kill.switched' ? killed(entry) : entry.data;
  const told = codes.flatMap((code) => {
    const value = data?.[code];
    return isCode(value) ? [[code, value] as const] : [];
  });
  return {
    message,
    facts: {
      event: type,
      actor: `${actor.kind}:${actor.id}`,
      ...(escalation === undefined ? {} : { escalation }),
      ...(grant === undefined ? {} : { grant }),
      ...(agent === undefined || changes !== null ? {} : { agent }),
      ...Object.fromEntries(told),
      ...(changes === null ? {} : { changes }),
    },
    escalation: escalation ?? null,
  };
}

/** A task's id is the agent's own word, and a line of a kill of one has its agent. */
function killed({ data }: HistoryEntry): Record<string, unknown> {
  return { kind: data?.['kind'], ...(data?.['kind'] === 'approver' ? { person: data['id'] } : {}) };
}

function isCode(value: unknown): value is string | number | boolean | readonly string[] {
  return ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value);
}

function isFirstOf(applied: readonly HistoryEntry[], entry: HistoryEntry): boolean {
  return applied.find((other) => sameApply(other, entry)) === entry;
}

function changesOf(applied: readonly HistoryEntry[], entry: HistoryEntry): number {
  return applied.filter((other) => sameApply(other, entry)).length;
}

function sameApply(one: HistoryEntry, other: HistoryEntry): boolean {
  return ['configuration', 'policy_version'].every((name) => one.data?.[name] === other.data?.[name]);
}

function notByPolicy({ actor }: HistoryEntry): boolean {
  return actor.kind !== 'policy';
}

function afterPeople(entry: HistoryEntry): boolean {
  return notByPolicy(entry) || Array.isArray(entry.data?.['approved_by']);
}

/** Not what follows from an end above, a limit, a suspension or a clock, nor what an agent gives back. */
function byHand({ actor }: HistoryEntry): boolean {
  return actor.kind === 'person' || actor.kind === 'client' || actor.id.startsWith(COMMAND_ACTOR);
}
