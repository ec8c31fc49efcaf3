import type { BreakGlassUse } from '#escalations/judge/break-glass.js';
import type { EventRow } from '#escalations/watch/history.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import { isSuspended } from '#escalations/sealed-content.js';
import { leafOf, type EntryColumns } from '../connection/journal.js';
import type { Queryable } from '../connection/queryable.js';
import { judgeOf } from '../connection/judging-connections.js';
import { ms } from './columns.js';
import { isSound, notBroken, sealedRow, type Sealed } from './sealed-records.js';

/** A suspension or a kill switch that reaches a row, as read, and when it did. */
interface End {
  readonly end: Sealed<'suspension'> | Sealed<'kill'>;
  readonly at: number;
}

/** What waits for a review, with what was said of it. */
export interface Epoch {
  readonly reviews: readonly Sealed<'review'>[] | null;
}

type Cancellation = Omit<EventRow, 'seq'> & EntryColumns;

/** What a row is read with before its seals are judged. */
interface Unjudged {
  readonly ends?: readonly End[] | null;
  readonly retiredAt?: number | null;
  readonly epochs?: readonly Epoch[] | null;
  readonly breakGlass?: (BreakGlassUse & Epoch) | null;
  /** The event that says why a request was cancelled. */
  readonly cancelled?: Cancellation | null;
}

const end = (kind: 'suspension' | 'kill', at: string): string =>
  `select json_build_object('end', ${sealedRow(kind, 'x')}, 'at', ${ms(at)}) as "end"`;

const suspensions = (row: string): string => `${end('suspension', 'x."at"')} from "agent_suspensions" x
  where x."agent_uid" = ${row}."agent_uid" and x."change" = 'suspended' and x."at" >= ${row}."created_at"`;

const taskKills = (e: string): string => `${end('kill', 'x."not_before"')} from "kill_switches" x
  where x."kind" = 'task' and x."subject" = ${e}."agent_uid"::text || '/' || ${e}."task_id" and x."not_before" >= ${e}."created_at"`;

const judgedLater = (row: string, a: string, ends: readonly string[]): string =>
  `(select json_agg(u."end") from (${ends.join(' union all ')}) u) as "ends",
   case when ${row}."created_at" <= ${a}."retired_at" then ${ms(`${a}."retired_at"`)} end as "retiredAt"`;

/** What may have ended a request before its time, for `judged`. @param e alias of the escalation @param a of its agent */
export function escalationEnds(e: string, a: string): string {
  return judgedLater(e, a, [suspensions(e), taskKills(e)]);
}

/** The same of a grant: none is over before it was there. @param g alias of the grant @param a of its agent */
export function grantEnds(g: string, a: string): string {
  const since = (at: string): string => `greatest(${at}, ${g}."created_at")`;
  return judgedLater(g, a, [
    suspensions(g),
    `${end('kill', since('x."not_before"'))} from "escalations" e join "kill_switches" x on x."kind" = 'task'
       and x."subject" = e."agent_uid"::text || '/' || e."task_id" and x."not_before" >= e."created_at" where e."id" = ${g}."escalation_id"`,
    `${end('kill', since('x."not_before"'))} from "votes" v join "kill_switches" x on x."kind" = 'approver' and x."subject" = v."person_id"
       and x."not_before" >= v."at" where v."escalation_id" = ${g}."escalation_id" and v."verdict" = 'approve'`,
  ]);
}

/** Kill switches of the person who cast a vote, from its casting on. @param v alias of the vote */
export function voteEnds(v: string): string {
  return `(select json_agg(u."end") from (${end('kill', 'x."not_before"')} from "kill_switches" x
    where x."kind" = 'approver' and x."subject" = ${v}."person_id" and x."not_before" >= ${v}."at") u) as "ends"`;
}

/** Reviews of a restore, for `isReviewed`; that of a later one is about this one too. @param r alias of the epoch */
export function restoreReviews(r: string): string {
  return `(select json_agg(${sealedRow('review', 'x')}) from "reviews" x join "restore_epochs" l on x."subject" = l."id"::text
    where x."kind" = 'restore' and l."declared_at" >= ${r}."declared_at")`;
}

/** Every restore, with its reviews: `held` is judged by them. */
export const EPOCHS = `(select json_agg(json_build_object('reviews', ${restoreReviews('r')})) from "restore_epochs" r) as "epochs"`;

/** Suspensions that may have ended a row of `x`, for finding what to look at. @param x alias of the row */
export function maybeSuspended(x: string): string {
  return `exists (select 1 from "agent_suspensions" s where s."agent_uid" = ${x}."agent_uid" and s."change" = 'suspended'
    and s."at" >= ${x}."created_at" and ${notBroken('suspension', 's')})`;
}

/** True when one of the reviews was really given. */
export function isReviewed(db: Queryable, reviews: readonly Sealed<'review'>[] | null): boolean {
  return givenReview(db, reviews) !== null;
}

/** Reviews of a use of break-glass, for `givenReview`. @param b alias of the use */
export function breakGlassReviews(b: string): string {
  return `(select json_agg(${sealedRow('review', 'x')} order by x."id") from "reviews" x
    where x."kind" = 'break_glass' and x."subject" = ${b}."escalation_id")`;
}

/** True while a restore waits for its review: nothing is minted then. */
export function isHeld(db: Queryable, epochs: readonly Epoch[] | null): boolean {
  return (epochs ?? []).some(({ reviews }) => !isReviewed(db, reviews));
}

/** The first review that was really given, `null` while none was: what else says so is nobody's word. */
export function givenReview(
  db: Queryable,
  reviews: readonly Sealed<'review'>[] | null,
): { readonly by: string; readonly at: number; readonly note: string } | null {
  const given = (reviews ?? []).find((review) => isSound(db, review))?.record;
  return given === undefined ? null : { by: given.by, at: Number(given.at) / 1_000, note: given.note ?? '' };
}

/** When a switch first ended what a person had approved, by those switches that were really thrown; `null`: none was. */
export function killedAt(db: Queryable, ends: readonly End[] | null): number | null {
  return first(soundEnds(db, ends).map(({ at }) => at));
}

/**
 * Judges the seals of what has ended these rows, so that they say what is so. In rows that nobody has tampered with
 * there is seldom anything to judge.
 */
export function judged<R extends object>(db: Queryable, rows: readonly R[]): R[] {
  return rows.map((row) => {
    const { ends = null, retiredAt = null, epochs, breakGlass = null, cancelled = null, ...rest } = row as R & Unjudged;
    const sound = soundEnds(db, ends);
    const suspended = first([
      ...sound.filter((one) => one.end.kind === 'suspension').map(({ at }) => at),
      ...(retiredAt === null ? [] : [retiredAt]),
    ]);
    const killed = first(sound.filter((one) => one.end.kind === 'kill').map(({ at }) => at));
    const held = epochs === undefined ? {} : { held: isHeld(db, epochs) };
    const facts =
      'escalationId' in rest
        ? ({ barred: suspended !== null, barredAt: suspended, killedAt: killed } satisfies Partial<GrantRow>)
        : ({
            barredAt: first([suspended, killed].filter((at) => at !== null)),
            agentBarred: suspended !== null && suspended <= (killed ?? Infinity),
            breakGlass: breakGlass === null ? null : judgedUse(db, breakGlass),
            cancelCause: cancelled === null ? null : causeOf(db, (rest as unknown as EscalationRow).id, cancelled),
          } satisfies Partial<EscalationRow>);
    return { ...rest, ...facts, ...held } as unknown as R;
  });
}

/** Why a request was cancelled, by an event of our own about this very request. */
function causeOf(db: Queryable, escalation: string, said: Cancellation): string | null {
  const leaf = leafOf(said);
  if (leaf === null || judgeOf(db)?.matches('event', leaf, said.mac) !== true) return null;
  const { cause } = said.data as { cause?: string };
  return said.type === 'escalation.cancelled' && said.escalation === escalation ? (cause ?? null) : null;
}

function judgedUse(db: Queryable, { reviews, ...use }: BreakGlassUse & Epoch): BreakGlassUse {
  return { ...use, reviewed: givenReview(db, reviews) };
}

/** Suspended by what was really written of it: a resumption without a seal lets nobody ask again. */
export function judgedSuspended(db: Queryable, suspensions: readonly Sealed<'suspension'>[] | null): boolean {
  return isSuspended((suspensions ?? []).filter((one) => isSound(db, one)).map(({ record }) => record));
}

function soundEnds(db: Queryable, ends: readonly End[] | null): readonly End[] {
  return (ends ?? []).filter(({ end }) => isSound(db, end));
}

function first(instants: readonly number[]): number | null {
  return instants.length === 0 ? null : Math.min(...instants);
}
