import type pg from 'pg';
import type { VoteRow } from '#escalations/rows.js';
import { at, ms } from './columns.js';
import { killedAt, voteEnds } from './ends.js';

type Queryable = pg.Pool | pg.PoolClient;

export function votesOf(db: Queryable, escalationId: string): Promise<VoteRow[]> {
  return votesOfMany(db, [escalationId]);
}

/** Votes of these escalations, each escalation's in the order of their casting. */
export async function votesOfMany(db: Queryable, escalationIds: readonly string[]): Promise<VoteRow[]> {
  const { rows } = await db.query<VoteRow & { ends: Parameters<typeof killedAt>[1] }>({
    name: 'votes-of',
    text: `select "id", "escalation_id" as "escalationId", "person_id" as "person", "verdict", "digest", "limits", "reason", "via",
             "step_up" as "stepUp",
             ${ms('"at"')} as "at", "mac",
             ${voteEnds('"votes"')},
             coalesce((select array_agg(m."group_id") from "group_members" m where m."member_id" = "votes"."person_id"), '{}') as "groups"
           from "votes" where "escalation_id" = any($1) order by "at", "id"`,
    values: [escalationIds],
  });
  return rows.map(({ ends, ...vote }) => ({ ...vote, killedAt: killedAt(db, ends) }));
}

export async function insertVote(db: Queryable, row: Omit<VoteRow, 'groups' | 'killedAt'>): Promise<void> {
  await db.query({
    name: 'vote-insert',
    text: `insert into "votes" ("id", "escalation_id", "person_id", "verdict", "digest", "limits", "reason", "via", "at", "mac", "step_up")
           values ($1, $2, $3, $4, $5, $6, $7, $8, ${at(9)}, $10, $11)`,
    values: [
      row.id,
      row.escalationId,
      row.person,
      row.verdict,
      row.digest,
      row.limits === null ? null : JSON.stringify(row.limits),
      row.reason,
      row.via,
      row.at,
      row.mac,
      row.stepUp === null ? null : JSON.stringify(row.stepUp),
    ],
  });
}
