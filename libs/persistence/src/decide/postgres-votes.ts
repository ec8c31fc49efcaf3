import { isOf } from '#domain/approval/eligibility.js';
import type { NewVote, Votes } from '#escalations/decide/votes.js';
import { voterIn } from '#escalations/configure/roster.js';
import type { VoteRow } from '#escalations/rows/vote.js';
import { voteContent } from '#escalations/sealed-content.js';
import type { Queryable } from '../connection/queryable.js';
import type { SealedConfigurations } from '../sql/sealed-configurations.js';
import { at, ms } from '../sql/columns.js';
import { killedAt, voteEnds } from '../sql/ends.js';

/** Votes over a transaction's connection, or for reading over the pool. */
export class PostgresVotes implements Votes {
  constructor(
    private readonly db: Queryable,
    private readonly configurations: SealedConfigurations,
  ) {}

  of(escalationId: string): Promise<VoteRow[]> {
    return votesOfMany(this.db, this.configurations, [escalationId]);
  }

  async insert(row: NewVote): Promise<void> {
    await this.db.query({
      name: 'vote-insert',
      text: `insert into "votes" ("id", "escalation_id", "person_id", "verdict", "digest", "limits", "reason", "via", "at", "mac", "step_up", "person_uid")
             values ($1, $2, $3, $4, $5, $6, $7, $8, ${at(9)}, $10, $11, $12)`,
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
        row.personUid,
      ],
    });
  }
}

/** Votes of these escalations that bear a right seal, each escalation's in the order of their casting. */
export async function votesOfMany(
  db: Queryable,
  configurations: SealedConfigurations,
  escalationIds: readonly string[],
): Promise<VoteRow[]> {
  const { rows } = await db.query<Omit<VoteRow, 'groups'> & { ends: Parameters<typeof killedAt>[1] }>({
    name: 'votes-of',
    // The sub-select hides how many there are: knowing it, PostgreSQL would plan anew at every call.
    text: `select "id", "escalation_id" as "escalationId", "person_id" as "person", "person_uid" as "personUid", "verdict", "digest", "limits", "reason", "via",
             "step_up" as "stepUp",
             ${ms('"at"')} as "at", "mac",
             ${voteEnds('"votes"')}
           from "votes" where "escalation_id" = any(array(select unnest($1::text[]))) order by "at", "id"`,
    values: [escalationIds],
  });
  if (rows.length === 0) return [];
  const inForce = await configurations.newest(db);
  const sound = rows.filter((vote) =>
    configurations.seals.sound('vote', vote.id, voteContent(vote), vote.mac, { escalation: vote.escalationId }),
  );
  return sound.map(({ ends, ...vote }) => {
    const voter = inForce === null ? null : voterIn(inForce, vote.person);
    const groups = voter !== null && isOf(vote, voter) ? voter.groups : [];
    return { ...vote, killedAt: killedAt(db, ends), groups };
  });
}
