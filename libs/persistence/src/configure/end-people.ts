import type pg from 'pg';
import { about } from '#escalations/about.js';
import type { Actor, HistoryEntry } from '#escalations/rows/history.js';

const WHY = { cause: 'left_the_configuration' };

/**
 * Ends what stands in the names of people who have left the configuration: sessions, login codes, passkeys, Slack links,
 * and votes on what is not decided yet. A vote stays on record; what ends it is that its person is gone for good.
 */
export async function endPeople(client: pg.PoolClient, ids: readonly string[], actor: Actor): Promise<HistoryEntry[]> {
  if (ids.length === 0) return [];
  await client.query(
    `update "login_codes" set "used_at" = clock_timestamp() where "used_at" is null and "person_id" = any($1)`,
    [ids],
  );
  await client.query(`delete from "mutes" where "person_id" = any($1)`, [ids]);
  const { rows: sessions } = await client.query<{ person: string }>(
    `update "sessions" set "ended_at" = clock_timestamp()
     where "ended_at" is null and "expires_at" > clock_timestamp() and "person_id" = any($1) returning "person_id" as "person"`,
    [ids],
  );
  const { rows: passkeys } = await client.query<{ person: string; id: string; name: string }>(
    `update "passkeys" set "removed_at" = clock_timestamp() where "removed_at" is null and "person_id" = any($1)
     returning "person_id" as "person", "id", "name"`,
    [ids],
  );
  const { rows: links } = await client.query<{ person: string; team: string; user: string }>(
    `update "slack_bindings" set "ended_at" = clock_timestamp() where "ended_at" is null and "person_id" = any($1)
     returning "person_id" as "person", "team", "user"`,
    [ids],
  );
  const { rows: votes } = await client.query<{
    id: string;
    person: string;
    verdict: string;
    escalation: string;
    agent: string;
  }>(
    `select v."id", v."person_id" as "person", v."verdict", e."id" as "escalation", e."agent_id" as "agent"
     from "votes" v join "escalations" e on e."id" = v."escalation_id" and e."status" = 'pending' where v."person_id" = any($1)`,
    [ids],
  );
  return [
    ...sessions.map(({ person }) => ({ type: 'session.closed' as const, actor, data: { person, ...WHY } })),
    ...passkeys.map(({ person, id, name }) => ({
      type: 'passkey.removed' as const,
      actor,
      data: { person, credential: id, name, ...WHY },
    })),
    ...links.map(({ person, team, user }) => ({
      type: 'slack_account.unlinked' as const,
      actor,
      data: { person, slack_team: team, slack_user: user, ...WHY },
    })),
    ...votes.map(({ id, person, verdict, escalation, agent }) =>
      about({ id: escalation, agentId: agent }).says('vote.ended', actor, { vote: id, person, verdict, ...WHY }),
    ),
  ];
}
