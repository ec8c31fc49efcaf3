import { Injectable } from '@nestjs/common';
import { SlackLinks, type SlackAccount, type SlackLink, type SlackLinkRows } from '#escalations/people/slack-links.js';
import { slackLinkContent } from '#escalations/sealed-content.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';
import { SealedConfigurations } from '../sql/sealed-configurations.js';
import { at, ms } from '../sql/columns.js';

export const LINK_COLUMNS = `"id", "team", "user", "person_id" as "person", ${ms('"bound_at"')} as "boundAt", "person_uid" as "personUid", "mac"`;

/** A row as it was read: whether it counts its seal tells. */
export interface SealedSlackLink extends SlackLink {
  readonly personUid: string | null;
  readonly mac: string | null;
}

/** Those of these rows that are what their seal says, for the person who bears the id now. */
export async function soundLinks(
  db: Queryable,
  configurations: SealedConfigurations,
  rows: readonly SealedSlackLink[],
): Promise<SlackLink[]> {
  const sound: SlackLink[] = [];
  for (const { mac, personUid, ...link } of rows) {
    const content = slackLinkContent(link, { uid: personUid ?? '' });
    if (!configurations.seals.sound('slack_binding', link.id, content, mac)) continue;
    if ((await configurations.voter(db, link.person))?.uid === personUid) sound.push(link);
  }
  return sound;
}

/** The rows of links inside one transaction. */
export class PostgresSlackLinkRows implements SlackLinkRows {
  constructor(
    private readonly db: Queryable,
    private readonly configurations: SealedConfigurations,
  ) {}

  async redeemCode(codeHash: string): Promise<SlackAccount | null> {
    const { rows } = await this.db.query<SlackAccount>(
      `update "slack_link_codes" set "used_at" = clock_timestamp()
       where "code_hash" = $1 and "used_at" is null and "expires_at" > clock_timestamp() returning "team", "user"`,
      [codeHash],
    );
    return rows[0] ?? null;
  }

  async living({ team, user }: SlackAccount): Promise<SlackLink | null> {
    const { rows } = await this.db.query<SealedSlackLink>(
      `select ${LINK_COLUMNS} from "slack_bindings" where "team" = $1 and "user" = $2 and "ended_at" is null for share`,
      [team, user],
    );
    return (await soundLinks(this.db, this.configurations, rows))[0] ?? null;
  }

  async insert(link: SlackLink): Promise<boolean> {
    const boundAt = Math.floor(link.boundAt);
    const { id, team, user, person } = link;
    const voter = await this.configurations.voter(this.db, person);
    if (voter === null) return false;
    await this.endForged({ team, user });
    const mac = this.configurations.seals.mac('slack_binding', slackLinkContent({ ...link, boundAt }, voter));
    const { rowCount } = await this.db.query(
      `insert into "slack_bindings" ("id", "team", "user", "person_id", "bound_at", "person_uid", "mac") values ($1, $2, $3, $4, ${at(5)}, $6, $7)
       on conflict ("team", "user") where "ended_at" is null do nothing`,
      [id, team, user, person, boundAt, voter.uid, mac],
    );
    return rowCount === 1;
  }

  /** A row that counts for nothing must not keep an account from its owner either. */
  private async endForged({ team, user }: SlackAccount): Promise<void> {
    if ((await this.living({ team, user })) !== null) return;
    await this.db.query(
      `update "slack_bindings" set "ended_at" = clock_timestamp() where "team" = $1 and "user" = $2 and "ended_at" is null`,
      [team, user],
    );
  }

  async end(id: string, person: string, now: number): Promise<SlackLink | null> {
    const { rows } = await this.db.query<SealedSlackLink>(
      `update "slack_bindings" set "ended_at" = ${at(3)} where "id" = $1 and "person_id" = $2 and "ended_at" is null
       returning ${LINK_COLUMNS}`,
      [id, person, now],
    );
    const [row] = rows;
    if (row === undefined) return null;
    const { mac: _mac, personUid: _uid, ...link } = row;
    return link;
  }
}

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
    const { rows } = await this.pool.query<SealedSlackLink>({
      name: 'slack-link-person',
      text: `select ${LINK_COLUMNS} from "slack_bindings" where "team" = $1 and "user" = $2 and "ended_at" is null`,
      values: [team, user],
    });
    return (await soundLinks(this.pool, this.configurations, rows))[0]?.person ?? null;
  }

  override async of(person: string): Promise<readonly SlackLink[]> {
    const { rows } = await this.pool.query<SealedSlackLink>({
      name: 'slack-links-of',
      text: `select ${LINK_COLUMNS} from "slack_bindings" where "person_id" = $1 and "ended_at" is null order by "bound_at", "id"`,
      values: [person],
    });
    return soundLinks(this.pool, this.configurations, rows);
  }
}
