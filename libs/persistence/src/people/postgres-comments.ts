import type { Comments, NewComment } from '#escalations/people/comments.js';
import type { Queryable } from '../connection/queryable.js';
import { at } from '../sql/columns.js';

/** Comments over a transaction's connection. */
export class PostgresCommentRows implements Comments {
  constructor(private readonly db: Queryable) {}

  async insert(comment: NewComment): Promise<boolean> {
    const { id, escalationId, person, text, at: now, origin } = comment;
    const { rowCount } = await this.db.query({
      name: 'comment-insert',
      text: `insert into "comments" ("id", "escalation_id", "person_id", "text", "at", "slack_channel", "slack_ts")
             values ($1, $2, $3, $4, ${at(5)}, $6, $7)
             on conflict ("slack_channel", "slack_ts") where "slack_ts" is not null do nothing`,
      values: [id, escalationId, person, text, now, origin?.channel ?? null, origin?.ts ?? null],
    });
    return rowCount === 1;
  }
}
