import { Injectable } from '@nestjs/common';
import { CommentsPart, type CommentLine } from '#escalations/watch/context/comments-part.js';
import { ms } from '../sql/columns.js';
import { DatabasePool } from '../connection/pool.js';

/** What people said, oldest first; the newest of very many. */
@Injectable()
export class PostgresComments extends CommentsPart {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async of(escalationId: string): Promise<readonly CommentLine[]> {
    const { rows } = await this.pool.query<CommentLine>({
      name: 'comments-of',
      text: `select "id", ${ms('"at"')} as "at", "person_id" as "author", "text",
               case when "slack_ts" is null then 'rest' else 'slack' end as "via"
             from "comments" where "escalation_id" = $1 order by "at" desc, "id" desc limit 500`,
      values: [escalationId],
    });
    return rows.reverse();
  }
}
