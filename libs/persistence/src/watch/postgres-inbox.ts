import { Injectable } from '@nestjs/common';
import { RISKS } from '#domain/risk.js';
import type { EventRow } from '#escalations/watch/history.js';
import {
  Inbox,
  type AgentCounts,
  type InboxPosition,
  type InboxReader,
  type InboxRow,
  type InboxView,
  type WaitingAsk,
  type WaitingRow,
} from '#escalations/watch/inbox.js';
import type { EscalationStory } from '#escalations/watch/escalation-story.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { VoteRow } from '#escalations/rows/vote.js';
import { suspensionsOf } from '../sql/agents.js';
import { placedAsks } from '../sql/asks.js';
import { at, castBy, INSTANT_OF, MICROS, ms, NOW, voterValues } from '../sql/columns.js';
import { escalationEnds, judgedSuspended } from '../sql/ends.js';
import { ESCALATION_COLUMNS, ESCALATION_FROM } from '../sql/escalations.js';
import { GRANT_COLUMNS, GRANT_FROM, IN_ANY_STATUS } from '../sql/grants.js';
import { askRestoredAt } from '../sql/restores.js';
import { escalationOpenNow, GRANT_OPEN_NOW, withAncestors } from '../sql/state-now.js';
import { votesOfMany } from '../decide/postgres-votes.js';
import { Journal, type EntryColumns } from '../connection/journal.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';
import { EVENT_COLUMNS, EVENT_FROM, nothingBefore } from '../sql/events.js';
const INSTANT = INSTANT_OF('$1');

interface View {
  /** $1 and $2 say where the page begins, $3 how many rows it has; the rest are the view's own. */
  readonly text: string;
  readonly own: (reader: InboxReader) => readonly unknown[];
}

/** Only what judging and looking for it take: a count of everything reads all of it. For `withAncestors` to judge. */
const WAITING: View = {
  text: `select e."id", e."agent_id" as "agentId", e."owner_id" as "ownerId", e."resource", e."status", e."risk", e."request",
        json_build_object('gates', e."policy" -> 'gates', 'determining', e."policy" -> 'determining') as "policy",
        ${ms('e."created_at"')} as "createdAt", ${ms('e."deadline"')} as "deadline", ${ms('e."decided_at"')} as "decidedAt", e."parents",
        ${escalationEnds('e', 'a')}, ${ms(askRestoredAt('e'))} as "restoredAt", ${NOW}, ${MICROS('e."deadline"')} as "key" ${ESCALATION_FROM}
        join (${placedAsks('true')}) p on p."id" = e."id" and p."place" = 1
      where exists (select 1 from jsonb_array_elements(e."policy" -> 'gates') gate where gate ->> 'group' = any($4) or gate ->> 'deputy' = any($4))
        and not exists (select 1 from "votes" v where v."escalation_id" = e."id" and ${castBy(5)})
        and ($1::bigint is null or (e."deadline", e."id") > (${INSTANT}, $2::text))
      order by e."deadline", e."id" limit $3`,
  own: ({ groups, voter }) => [groups, ...voterValues(voter)],
};

/** Each answers the escalation's id, and the key and id by which the page is sorted. */
const VIEWS: Readonly<Record<Exclude<InboxView, 'pending'>, View>> = {
  live: {
    text: `select g."escalation_id" as "escalation", ${MICROS('g."created_at"')} as "key", g."id" ${GRANT_FROM}
      where ${GRANT_OPEN_NOW}
        and ($4::text[] is null or g."resource" = any($4::text[]) or exists
          (select 1 from "votes" v where v."escalation_id" = g."escalation_id" and v."verdict" = 'approve' and ${castBy(5)}))
        and ($1::bigint is null or (g."created_at", g."id") < (${INSTANT}, $2::text))
      order by g."created_at" desc, g."id" desc limit $3`,
    own: ({ resources, voter }) => [resources, ...voterValues(voter)],
  },
  decided: {
    text: `select v."escalation_id" as "escalation", ${MICROS('v."at"')} as "key", v."id" from "votes" v
      where ${castBy(4)} and ($1::bigint is null or (v."at", v."id") < (${INSTANT}, $2::text))
      order by v."at" desc, v."id" desc limit $3`,
    own: ({ voter }) => voterValues(voter),
  },
};

interface Place extends InboxPosition {
  readonly escalation: string;
}

/** The console's queries: raw SQL over keyset indexes, each page three statements whatever its size. */
@Injectable()
export class PostgresInbox extends Inbox {
  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
    private readonly journal: Journal,
  ) {
    super();
  }

  override async waiting(
    reader: InboxReader,
    limit: number,
    after: InboxPosition | null,
  ): Promise<readonly WaitingRow[]> {
    const { rows } = await this.pool.query<WaitingAsk & { now: number; key: string }>({
      name: 'inbox-waiting',
      text: WAITING.text,
      values: [after?.key ?? null, after?.id ?? null, limit, ...WAITING.own(reader)],
    });
    const judged = await withAncestors(this.pool, rows);
    return judged.map(({ now, key, ...ask }) => ({ ask, now, position: { key, id: ask.id } }));
  }

  override async page(
    view: Exclude<InboxView, 'pending'>,
    reader: InboxReader,
    limit: number,
    after: InboxPosition | null,
  ): Promise<readonly InboxRow[]> {
    const { rows: places } = await this.pool.query<Place>({
      name: `inbox-${view}`,
      text: VIEWS[view].text,
      values: [after?.key ?? null, after?.id ?? null, limit, ...VIEWS[view].own(reader)],
    });
    const stories = await this.stories(places.map((place) => place.escalation));
    const byId = new Map(stories.map((story) => [story.escalation.id, story]));
    return places.flatMap(({ escalation, key, id }) => {
      const story = byId.get(escalation);
      return story === undefined ? [] : [{ story, position: { key, id } }];
    });
  }

  override async stories(escalationIds: readonly string[]): Promise<readonly EscalationStory[]> {
    if (escalationIds.length === 0) return [];
    // Grants first: a decision that falls in between shows without its grant, and is read once more.
    const held = await this.grantsOf(escalationIds);
    const [asked, votes] = await Promise.all([
      this.pool.query<EscalationRow & { now: number }>({
        name: 'inbox-escalations',
        text: `select ${ESCALATION_COLUMNS}, ${NOW} ${ESCALATION_FROM} where e."id" = any(array(select unnest($1::text[])))`,
        values: [escalationIds],
      }),
      votesOfMany(this.pool, this.configurations, escalationIds),
    ]);
    const grantless = asked.rows.filter(
      ({ id, status }) => status === 'approved' && !held.some((grant) => grant.escalationId === id),
    );
    const late = grantless.length === 0 ? [] : await this.grantsOf(grantless.map(({ id }) => id));
    const [escalations, grants] = await Promise.all([
      withAncestors(this.pool, asked.rows),
      withAncestors(this.pool, [...held, ...late]),
    ]);
    return escalations.map(({ now, ...escalation }) => ({
      escalation,
      now,
      grant: grants.find((grant) => grant.escalationId === escalation.id) ?? null,
      votes: votes.filter((vote: VoteRow) => vote.escalationId === escalation.id),
    }));
  }

  private async grantsOf(escalationIds: readonly string[]): Promise<GrantRow[]> {
    const { rows } = await this.pool.query<GrantRow>({
      name: 'inbox-grants',
      text: `select ${GRANT_COLUMNS} ${GRANT_FROM} where g."escalation_id" = any(array(select unnest($1::text[])))`,
      values: [escalationIds],
    });
    return rows;
  }

  override async events(escalationId: string): Promise<readonly EventRow[]> {
    const { rows } = await this.pool.query<EventRow & EntryColumns>({
      name: 'inbox-events',
      text: `select ${EVENT_COLUMNS} ${EVENT_FROM} where e."escalation_id" = $1 and e."at" >= ${at(2)} order by e."seq"`,
      values: [escalationId, nothingBefore(escalationId)],
    });
    return this.journal.facts(rows);
  }

  override async agentCounts(agents: readonly string[]): Promise<readonly AgentCounts[]> {
    type Read = Omit<AgentCounts, 'suspended' | 'highestRisk'> & {
      readonly highest: number | null;
      readonly suspensions: Parameters<typeof judgedSuspended>[1];
    };
    const { rows } = await this.pool.query<Read>({
      name: 'inbox-agent-counts',
      text: `select a."id" as "agent", ${suspensionsOf('a."uid"')} as "suspensions",
               (select count(*)::int from "escalations" e where e."agent_uid" = a."uid" and ${escalationOpenNow('e', 'a')}) as "pending",
               live."count" as "liveGrants", live."highest",
               (select count(*)::int from "grants" g where g."agent_uid" = a."uid" and ${IN_ANY_STATUS}
                  and g."created_at" > clock_timestamp() - interval '24 hours') as "grantedLastDay",
               (select count(*)::int from "escalations" e where e."agent_uid" = a."uid" and e."status" = 'denied'
                  and e."decided_at" > clock_timestamp() - interval '24 hours') as "deniedLastDay"
             from "agents" a cross join lateral (select count(*)::int as "count", min(g."risk_order") as "highest" from "grants" g
               where g."agent_uid" = a."uid" and ${GRANT_OPEN_NOW}) live
             where a."id" = any($1) and a."retired_at" is null`,
      values: [agents],
    });
    return rows.map(({ suspensions, highest, ...counts }) => ({
      ...counts,
      highestRisk: highest === null ? null : (RISKS[highest] ?? 'low'),
      suspended: judgedSuspended(this.pool, suspensions),
    }));
  }
}
