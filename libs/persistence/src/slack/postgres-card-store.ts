import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Store } from '#escalations/ports.js';
import { newsOf } from '#escalations/tell/events-of-cards.js';
import { CardStore, type LeasedCard, type Shown, type StoredCard } from '#slack/ports.js';
import { DatabasePool } from '../connection/pool.js';
import type { RunsOnClient } from '../connection/queryable.js';
import { MISTRUST } from './card-turns.js';
import { NOW } from '../sql/columns.js';

const COLUMNS = `"id" as "cardId", "escalation_id" as "escalationId", "digest", "channel", "ts", "version_shown" as "version", "minor_shown" as "minor"`;

/** Message records: one row for each escalation and channel, changed by compare-and-swap. */
@Injectable()
export class PostgresCardStore extends CardStore {
  constructor(
    private readonly pool: DatabasePool,
    @Inject(Store) private readonly store: RunsOnClient,
  ) {
    super();
  }

  override async cardFor(card: { escalationId: string; digest: string; channel: string }): Promise<StoredCard> {
    const { rows } = await this.pool.query<StoredCard>({
      name: 'card-for',
      text: `insert into "slack_cards" ("id", "escalation_id", "digest", "channel") values ($1, $2, $3, $4)
             on conflict ("escalation_id", "channel") do update set "digest" = "slack_cards"."digest" returning ${COLUMNS}`,
      values: [randomBytes(18).toString('base64url'), card.escalationId, card.digest, card.channel],
    });
    return rows[0] as StoredCard;
  }

  override async byId(cardId: string): Promise<StoredCard | null> {
    const { rows } = await this.pool.query<StoredCard>({
      name: 'card-by-id',
      text: `select ${COLUMNS} from "slack_cards" where "id" = $1`,
      values: [cardId],
    });
    return rows[0] ?? null;
  }

  override async listByEscalation(escalationId: string): Promise<readonly StoredCard[]> {
    const { rows } = await this.pool.query<StoredCard>({
      name: 'cards-of',
      text: `select ${COLUMNS} from "slack_cards" where "escalation_id" = $1 order by "created_at"`,
      values: [escalationId],
    });
    return rows;
  }

  override async isOnRecord(channel: string, ts: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'card-on-record',
      text: `select 1 from "slack_cards" where "channel" = $1 and "ts" = $2 limit 1`,
      values: [channel, ts],
    });
    return rowCount !== 0;
  }

  override async claim(cardId: string, leaseSeconds: number): Promise<LeasedCard | null> {
    const { rows } = await this.pool.query<LeasedCard>({
      name: 'card-claim',
      text: `update "slack_cards" set "lease" = $2, "leased_until" = clock_timestamp() + make_interval(secs => $3)
             where "id" = $1 and ("leased_until" is null or "leased_until" < clock_timestamp()) returning ${COLUMNS}, "lease"`,
      values: [cardId, randomBytes(12).toString('base64url'), leaseSeconds],
    });
    return rows[0] ?? null;
  }

  override async release(cardId: string, lease: string): Promise<void> {
    await this.pool.query({
      name: 'card-release',
      text: `update "slack_cards" set "lease" = null, "leased_until" = null where "id" = $1 and "lease" = $2`,
      values: [cardId, lease],
    });
  }

  override swapShown(card: StoredCard, shown: Shown & { readonly ts: string }): Promise<boolean> {
    return this.store.runOn(async (tx, client) => {
      const { rows } = await client.query<{ agent: string; now: number }>({
        name: 'card-swap',
        text: `update "slack_cards" c set "ts" = $6, "version_shown" = $4, "minor_shown" = $5, "lease" = null,
                 "leased_until" = null, "expected_at" = null, "failures" = '{}'
               from "escalations" e
               where c."id" = $1 and c."version_shown" = $2 and c."minor_shown" = $3 and (c."ts" is null or c."ts" = $6)
                 and e."id" = c."escalation_id" returning e."agent_id" as "agent", ${NOW}`,
        values: [card.cardId, card.version, card.minor, shown.version, shown.minor, shown.ts],
      });
      const [swapped] = rows;
      if (swapped === undefined) return false;
      await tx.journal.record([newsOf(card, shown, swapped.agent)], swapped.now);
      return true;
    });
  }

  override async mistrust({ channel, ts }: { channel: string; ts: string }): Promise<void> {
    await this.pool.query({ name: 'card-mistrust', text: MISTRUST, values: [channel, ts] });
  }
}
