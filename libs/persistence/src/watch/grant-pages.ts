import type { GrantFilter, GrantPosition, History } from '#escalations/watch/history.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import { grantState } from '#escalations/state-now.js';
import { patient, type DatabasePool } from '../connection/pool.js';
import { MICROS, NOW } from '../sql/columns.js';
import { GRANT_COLUMNS, GRANT_FROM } from '../sql/grants.js';
import { withAncestors } from '../sql/state-now.js';
import { kinds, over, OVER_MAX, walk, type Place, type Run, type Span, type WalkName } from './grant-walks.js';

type Page = Awaited<ReturnType<History['grants']>>;
type Found = GrantRow & { readonly now: number; readonly micros: string };

const STATUSES = ['ready', 'active', 'completed', 'expired', 'revoked'] as const;

/** Rows of every round after the first. */
const ROUND = 500;
/** Rows that one page looks at: with more to look at it has fewer items, and says where the next one begins. */
const LOOK_MAX = 1_000;
/** Of those, rows that are read whole and found to be in another state than their column says. */
const JUDGED_MAX = 300;
/** Rows that are looked at by one index where there is another to try. */
const LOOK_FIRST = 400;

/** Later than any grant, in microseconds, and still an integer of JavaScript. */
const END_OF_TIME = '9007199254740991';

/** An index to walk, and the runs of it that the filters name. */
interface Walk {
  readonly name: WalkName;
  readonly runs: readonly Run[];
  /** The runs are of one status, as the column has it: those that are over and not written so come from elsewhere. */
  readonly byStatus: boolean;
}

interface Asked {
  readonly filter: GrantFilter;
  /** The rows of the agents that are meant; `null`: of any. */
  readonly uids: readonly string[] | null;
  /** Grants that are over though their column says open, newest first; only where they may be meant. */
  readonly over: readonly Place[];
}

interface Step {
  readonly places: readonly Place[];
  /** There are no more. */
  readonly ended: boolean;
  /** Up to here it is known what is over: the next page begins here. */
  readonly known: Place | null;
}

/** What one page has found so far. */
interface Progress {
  readonly rows: Found[];
  looked: number;
  judged: number;
  now: number | null;
  readonly lookMax: number;
}

/**
 * The list of grants. Every filter names runs of an index, in which grants stand newest first, and a page is the newest of
 * those runs: as much work at a million grants as at a thousand. The state that a filter names is the state that is shown:
 * the column finds, and each row is judged as its reader will see it. What is over and not yet written so is found by what
 * the sweeper knows it by.
 */
export class GrantPages {
  private readonly db: Pick<DatabasePool, 'query'>;

  constructor(private readonly pool: DatabasePool) {
    this.db = patient(pool);
  }

  /** At most `limit` grants after `after`, newest first; fewer where it would have to look at too many. */
  async page(filter: GrantFilter, limit: number, after: GrantPosition | null): Promise<Page> {
    const span = spanOf(filter, after);
    const uids = await this.agents(filter);
    const isOver = filter.status === 'expired' || filter.status === 'revoked';
    const asked = { filter, uids, over: isOver ? await over(this.db, span, uids) : [] };
    const { progress, rest } = await this.best(asked, span, limit);
    return this.answer(progress, limit, rest);
  }

  /** Goes on until the page is full, nothing is left, or enough was looked at; says where the rest begins. */
  private async fill(asked: Asked, walk: Walk, start: Span, limit: number, progress: Progress): Promise<Place | null> {
    let span = start;
    for (let wanted = limit + 1; ; wanted = ROUND) {
      const { places, ended, known } = await this.places(asked, walk, span, wanted);
      await this.look(asked, places, progress);
      if (progress.rows.length > limit || ended) return null;
      const last = places.at(-1) ?? known;
      if (known !== null || last === null) return known;
      if (progress.looked >= progress.lookMax || progress.judged >= JUDGED_MAX) return last;
      span = { ...span, before: last };
    }
  }

  /** By the index that holds all but one of the filters, then by the other one: the page is that which gets further. */
  private async best(asked: Asked, span: Span, limit: number): Promise<{ progress: Progress; rest: Place | null }> {
    const tried = [];
    for (const walk of await this.walks(asked)) {
      const progress: Progress = { rows: [], looked: 0, judged: 0, now: null, lookMax: walk.lookMax };
      const rest = await this.fill(asked, walk, span, limit, progress);
      if (rest === null) return { progress, rest };
      tried.push({ progress, rest });
    }
    const [one, other = one] = tried;
    if (one === undefined || other === undefined) throw new Error('there is always an index');
    return isAfter(other.rest, one.rest) ? other : one;
  }

  private async walks(asked: Asked): Promise<readonly (Walk & { readonly lookMax: number })[]> {
    const { approver: _approver, ...others } = asked.filter;
    const { uids } = asked;
    const first = await this.walkOf(asked);
    const alone = Object.values(others).every((value) => value === undefined);
    if (first.name === 'approver' && !alone)
      return [
        { ...first, lookMax: LOOK_FIRST },
        { ...(await this.walkOf({ ...asked, filter: others })), lookMax: LOOK_FIRST },
        { ...first, lookMax: LOOK_MAX },
      ];
    if (first.name === 'agent-kind' && uids !== null && others.status !== undefined)
      return [
        { ...first, lookMax: LOOK_FIRST },
        { ...walkOfAgent(uids, statusesOf(others)), lookMax: LOOK_MAX },
      ];
    return [{ ...first, lookMax: LOOK_MAX }];
  }

  private async walkOf({ filter, uids }: Pick<Asked, 'filter' | 'uids'>): Promise<Walk> {
    const { approver, resource, action } = filter;
    if (approver !== undefined) return { name: 'approver', runs: [{ person: approver }], byStatus: false };
    const statuses = statusesOf(filter);
    if (resource !== undefined || action !== undefined) {
      const found = await kinds(this.db, uids, filter);
      if (found !== null && uids !== null) return { name: 'agent-kind', runs: found, byStatus: false };
      if (found !== null) return { name: 'kind', runs: times(found, statuses), byStatus: true };
    }
    if (uids !== null) return walkOfAgent(uids, statuses);
    return { name: 'status', runs: statuses.map((status) => ({ status })), byStatus: true };
  }

  /** The next places of a walk, and those that are over among them. */
  private async places(
    { over: ends }: Asked,
    { name, runs, byStatus }: Walk,
    span: Span,
    limit: number,
  ): Promise<Step> {
    const walked = await walk(this.db, name, runs, span, limit);
    const merged = byStatus
      ? merge(
          walked,
          ends.filter((place) => isAfter(place, span.before)),
        )
      : walked;
    // Of what is further down than so many that are over, nothing is known yet.
    const floor = ends.length === OVER_MAX ? (ends.at(-1) ?? null) : null;
    const above = floor === null ? merged : merged.filter((place) => !isAfter(place, floor));
    const places = above.slice(0, limit);
    const all = walked.length < limit && places.length === merged.length;
    const reached = floor !== null && places.length === above.length && (all || above.length < merged.length);
    return { places, ended: all && floor === null, known: reached ? floor : null };
  }

  /** Reads what meets every filter, and keeps what is in the state that was asked for. */
  private async look({ filter, uids, over: ends }: Asked, places: readonly Place[], progress: Progress): Promise<void> {
    progress.looked += places.length;
    if (places.length === 0) return;
    const { rows } = await this.db.query<Found>({
      name: 'history-grants',
      // The sub-select hides how many there are: knowing it, PostgreSQL would plan anew at every call.
      text: `select ${GRANT_COLUMNS}, ${NOW}, ${MICROS('g."created_at"')} as "micros" ${GRANT_FROM}
             where g."id" = any(array(select unnest($1::text[]))) and ($2::bigint[] is null or g."agent_uid" = any($2))
               and ($3::text is null or g."resource" = $3) and ($4::text is null or $4 = any(g."actions"))
               and ($5::text is null or g."status" = $5 or g."id" = any($6::text[]))
               and ($7::text is null or exists (select 1 from "votes" v where v."escalation_id" = g."escalation_id"
                 and v."verdict" = 'approve' and v."person_id" = $7))
             order by g."created_at" desc, g."id" desc`,
      values: [
        places.map(({ id }) => id),
        uids,
        filter.resource ?? null,
        filter.action ?? null,
        filter.status ?? null,
        ends.map(({ id }) => id),
        filter.approver ?? null,
      ],
    });
    const judged = await withAncestors(this.pool, rows);
    progress.now ??= judged[0]?.now ?? null;
    const now = progress.now ?? 0;
    const meant = judged.filter((row) => filter.status === undefined || grantState(row, now).status === filter.status);
    progress.judged += judged.length - meant.length;
    progress.rows.push(...meant);
  }

  /** Agents of this id, those that were retired too: a few rows of the index over agents. */
  private async agents({ agent, agentUid }: GrantFilter): Promise<readonly string[] | null> {
    if (agent === undefined) return agentUid === undefined ? null : [agentUid];
    const { rows } = await this.db.query<{ uid: string }>({
      name: 'history-agents',
      text: `select "uid"::text as "uid" from "agents" where "id" = $1 and ($2::bigint is null or "uid" = $2)`,
      values: [agent, agentUid ?? null],
    });
    return rows.map(({ uid }) => uid);
  }

  private answer({ rows, now }: Progress, limit: number, rest: Place | null): Page {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const from = rows.length > limit ? last : rest;
    const next = from === undefined || from === null ? null : { createdAtMicros: from.micros, id: from.id };
    return { rows: shown, next, now: now ?? Date.now() };
  }
}

/** `from` is inclusive and `to` exclusive: an id comes after nothing. */
function spanOf({ from, to }: GrantFilter, after: GrantPosition | null): Span {
  const micros = (ms: number): string => String(Math.round(ms * 1_000));
  const before =
    after === null
      ? { micros: to === undefined ? END_OF_TIME : micros(to), id: '' }
      : { micros: after.createdAtMicros, id: after.id };
  return { before, since: from === undefined ? '0' : micros(from) };
}

function statusesOf({ status }: GrantFilter): readonly string[] {
  return status === undefined ? STATUSES : [status];
}

function times<R extends Run>(runs: readonly R[], statuses: readonly string[]): Run[] {
  return runs.flatMap((run) => statuses.map((status) => ({ ...run, status })));
}

function walkOfAgent(uids: readonly string[], statuses: readonly string[]): Walk {
  return {
    name: 'agent',
    runs: times(
      uids.map((uid) => ({ uid })),
      statuses,
    ),
    byStatus: true,
  };
}

/** True for a place further down the list. */
function isAfter(place: Place, other: Place): boolean {
  const [one, two] = [Number(place.micros), Number(other.micros)];
  return one < two || (one === two && place.id < other.id);
}

function merge(walked: readonly Place[], ends: readonly Place[]): Place[] {
  const all = new Map([...walked, ...ends].map((place) => [place.id, place]));
  return [...all.values()].sort((one, other) => (isAfter(one, other) ? 1 : -1));
}
