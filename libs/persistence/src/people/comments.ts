import type pg from 'pg';
import type { NewComment } from '#escalations/people/comments.js';
import { at } from '../sql/columns.js';

/** Keeps a comment; false when the message of Slack that it is taken from was kept before. */
export async function insertComment(client: pg.PoolClient, comment: NewComment): Promise<boolean> {
  const { id, escalationId, person, text, at: now, origin } = comment;
  const { rowCount } = await client.query({
    name: 'comment-insert',
    text: `insert into "comments" ("id", "escalation_id", "person_id", "text", "at", "slack_channel", "slack_ts")
           values ($1, $2, $3, $4, ${at(5)}, $6, $7)
           on conflict ("slack_channel", "slack_ts") where "slack_ts" is not null do nothing`,
    values: [id, escalationId, person, text, now, origin?.channel ?? null, origin?.ts ?? null],
  });
  return rowCount === 1;
}
