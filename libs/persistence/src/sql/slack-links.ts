import type pg from 'pg';
import { SlackLinkRows, type SlackAccount, type SlackLink } from '#escalations/slack-links.js';
import { at, ms } from './columns.js';

export const LINK_COLUMNS = `"id", "team", "user", "person_id" as "person", ${ms('"bound_at"')} as "boundAt"`;

/** The rows of links inside one transaction. */
export class PostgresSlackLinkRows extends SlackLinkRows {
  constructor(private readonly client: pg.PoolClient) {
    super();
  }

  override async redeemCode(codeHash: string): Promise<SlackAccount | null> {
    const { rows } = await this.client.query<SlackAccount>(
      `update "slack_link_codes" set "used_at" = clock_timestamp()
       where "code_hash" = $1 and "used_at" is null and "expires_at" > clock_timestamp() returning "team", "user"`,
      [codeHash],
    );
    return rows[0] ?? null;
  }

  override async living({ team, user }: SlackAccount): Promise<SlackLink | null> {
    const { rows } = await this.client.query<SlackLink>(
      `select ${LINK_COLUMNS} from "slack_bindings" where "team" = $1 and "user" = $2 and "ended_at" is null for share`,
      [team, user],
    );
    return rows[0] ?? null;
  }

  override async insert({ id, team, user, person, boundAt }: SlackLink): Promise<boolean> {
    const { rowCount } = await this.client.query(
      `insert into "slack_bindings" ("id", "team", "user", "person_id", "bound_at") values ($1, $2, $3, $4, ${at(5)})
       on conflict ("team", "user") where "ended_at" is null do nothing`,
      [id, team, user, person, boundAt],
    );
    return rowCount === 1;
  }

  override async end(id: string, person: string, now: number): Promise<SlackLink | null> {
    const { rows } = await this.client.query<SlackLink>(
      `update "slack_bindings" set "ended_at" = ${at(3)} where "id" = $1 and "person_id" = $2 and "ended_at" is null
       returning ${LINK_COLUMNS}`,
      [id, person, now],
    );
    return rows[0] ?? null;
  }
}
