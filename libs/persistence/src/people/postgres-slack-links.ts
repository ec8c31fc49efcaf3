import { Injectable } from '@nestjs/common';
import { SlackLinks, type SlackAccount, type SlackLink } from '#escalations/people/slack-links.js';
import { LINK_COLUMNS, soundLinks, type SlackLinkRow } from './slack-links.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';

/** Links and the codes that lead to them: one code an account, of which only a hash is kept. */
@Injectable()
export class PostgresSlackLinks extends SlackLinks {
  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
  ) {
    super();
  }

  override async keepCode({ team, user }: SlackAccount, codeHash: string, lifeSeconds: number): Promise<void> {
    await this.pool.query(
      `insert into "slack_link_codes" ("team", "user", "code_hash", "expires_at")
       values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
       on conflict ("team", "user") do update
         set "code_hash" = excluded."code_hash", "expires_at" = excluded."expires_at", "used_at" = null`,
      [team, user, codeHash, lifeSeconds],
    );
  }

  override async personOf({ team, user }: SlackAccount): Promise<string | null> {
    const { rows } = await this.pool.query<SlackLinkRow>({
      name: 'slack-link-person',
      text: `select ${LINK_COLUMNS} from "slack_bindings" where "team" = $1 and "user" = $2 and "ended_at" is null`,
      values: [team, user],
    });
    return (await soundLinks(this.pool, this.configurations, rows))[0]?.person ?? null;
  }

  override async of(person: string): Promise<readonly SlackLink[]> {
    const { rows } = await this.pool.query<SlackLinkRow>({
      name: 'slack-links-of',
      text: `select ${LINK_COLUMNS} from "slack_bindings" where "person_id" = $1 and "ended_at" is null order by "bound_at", "id"`,
      values: [person],
    });
    return soundLinks(this.pool, this.configurations, rows);
  }
}
