import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Ids } from '#escalations/ports.js';
import { PostgresCardStore } from '#persistence/slack/postgres-card-store.js';
import { PostgresCardDrift, PostgresCardTurns } from '#persistence/slack/postgres-card-turns.js';
import { RandomIds } from '#persistence/connection/random-ids.js';
import type { StoredCard } from '#slack/ports.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';

const MINUTE = `interval '1 minute'`;

let stage: Stage;
let orders = 0;

// Nobody works here: what is written about cards is written by the tests.
beforeAll(async () => {
  stage = await setStage(() => undefined, { roles: 'api', slackOff: true, paced: true });
});
afterAll(() => stage.close());
beforeEach(() => stage.world.database.pool.query(`delete from "slack_cards"`));

function storeWith(ids: Ids = new RandomIds()): PostgresCardStore {
  const { pool } = stage.world.database;
  return new PostgresCardStore(pool, useCasesOf(stage.world, pool, ids).store);
}

async function rows<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await stage.world.database.pool.query(text, [...values])).rows as T[];
}

/** The card of a new request in this channel, on record as not posted yet. */
async function newCard(channel = 'C0001'): Promise<StoredCard> {
  orders += 1;
  const { id, digest } = created(await stage.caller('support-bot').ask(refundAsk(`card-${orders}`)), 202);
  return storeWith().cardFor({ escalationId: id, digest, channel });
}

async function postedCard(channel = 'C0001'): Promise<StoredCard> {
  const card = await newCard(channel);
  expect(await storeWith().swapShown(card, { version: 1, minor: 0, ts: `1.${orders}` })).toBe(true);
  return (await storeWith().byId(card.cardId)) as StoredCard;
}

const followed = (card: StoredCard): Promise<{ what: string }[]> =>
  rows(
    `select "type" as "what" from "events" where "escalation_id" = $1 and "type" like 'card.%'
     union all select "topic" from "outbox" where "payload" ->> 'id' = $1 and "topic" = 'card.thread' order by 1`,
    [card.escalationId],
  );

describe('the record of what a message shows', () => {
  it('is written with its history and the job of its thread, or none of them is', async () => {
    const card = await newCard();
    const broken: Ids = {
      next: () => {
        throw new Error('Connection terminated');
      },
    };
    const shown = { version: 1, minor: 0, ts: '1.1' };
    await expect(storeWith(broken).swapShown(card, shown)).rejects.toThrow('terminated');
    expect(await storeWith().byId(card.cardId)).toMatchObject({ ts: null, version: 0 });
    expect(await storeWith().swapShown(card, shown)).toBe(true);
    expect(await followed(card)).toEqual([{ what: 'card.posted' }, { what: 'card.thread' }]);
    expect(await storeWith().swapShown(card, { ...shown, ts: '1.2' })).toBe(false);
    expect(await storeWith().swapShown({ ...card, ...shown }, { ...shown, version: 2 })).toBe(true);
    expect(await followed(card)).toEqual([{ what: 'card.posted' }, { what: 'card.thread' }, { what: 'card.updated' }]);
  });

  it('is voided for a message that was seen to be older, and for no other', async () => {
    const [seen, other, behind] = [await postedCard(), await postedCard(), await postedCard()];
    await rows(`update "slack_cards" set "version_shown" = 0, "minor_shown" = 1 where "id" = $1`, [behind.cardId]);
    for (const { channel, ts } of [seen, behind]) await storeWith().mistrust({ channel, ts: ts ?? '' });
    expect(await storeWith().byId(seen.cardId)).toMatchObject({ ts: seen.ts, version: 0, minor: 0 });
    expect(await storeWith().byId(other.cardId)).toMatchObject({ version: 1 });
    expect(await storeWith().byId(behind.cardId)).toMatchObject({ version: 0, minor: 1 });
  });
});

describe('a turn', () => {
  it('lasts longer than the two calls of Slack that a post may take, and the lease of its card longer still', async () => {
    const card = await newCard('C0008');
    await new PostgresCardTurns(stage.world.database.pool).take('C0008');
    const [left] = await rows<{ turn: number; lease: number }>(
      `select extract(epoch from s."turn_until" - clock_timestamp())::float8 as "turn",
         extract(epoch from c."leased_until" - s."turn_until")::float8 as "lease"
       from "slack_channels" s, "slack_cards" c where s."channel" = 'C0008' and c."id" = $1`,
      [card.cardId],
    );
    expect(left?.turn).toBeGreaterThan(10);
    expect(left?.lease).toBeGreaterThan(0);
  });

  it('does not shorten, at its end, a rest that Slack asked for meanwhile', async () => {
    const turns = new PostgresCardTurns(stage.world.database.pool);
    await newCard('C0009');
    const turn = await turns.take('C0009');
    await turns.rest('C0009', 30);
    await turns.end(turn!, { posted: true, restSeconds: 1, holdSeconds: 0 });
    const left = `extract(epoch from "next_at" - clock_timestamp())::float8`;
    const [channel] = await rows<{ left: number }>(
      `select ${left} as "left" from "slack_channels" where "channel" = 'C0009'`,
    );
    expect(channel?.left).toBeGreaterThan(5);
  });
});

describe('a card whose job was lost', () => {
  const lost = async (...cards: readonly StoredCard[]): Promise<string[]> => {
    const found = await new PostgresCardDrift(stage.world.database.pool).lost(['oncall'], 500);
    return cards
      .filter((card) => found.some((one) => one.escalationId === card.escalationId))
      .map((card) => card.cardId);
  };
  const changed = (card: StoredCard): Promise<unknown> =>
    rows(`update "slack_cards" set "version_shown" = 0, "created_at" = "created_at" - 3 * ${MINUTE} where "id" = $1`, [
      card.cardId,
    ]);
  /** Every job that was made up to now is done with. */
  const done = (): Promise<unknown> =>
    rows(`update "outbox" set "dispatched_at" = clock_timestamp(), "done_at" = clock_timestamp()`);

  it('is found, and one whose job is open is not', async () => {
    const [card, waits, goes] = [await postedCard(), await postedCard(), await postedCard()];
    for (const one of [card, waits, goes]) await changed(one);
    await done();
    const insert = `insert into "outbox" ("topic", "payload", "dispatched_at") values ('card.publish', jsonb_build_object('id', $1::text), `;
    await rows(`${insert} null)`, [waits.escalationId]);
    await rows(`${insert} clock_timestamp())`, [goes.escalationId]);
    expect(await lost(card, waits, goes)).toEqual([card.cardId]);
    await done();
    expect(await lost(card, waits, goes)).toEqual([waits.cardId, goes.cardId]);
  });

  it('is found as soon as any other, whatever was expected for it or its neighbour before it was true', async () => {
    const drift = new PostgresCardDrift(stage.world.database.pool);
    const card = await newCard();
    const { escalationId, digest } = card;
    const gone = await storeWith().cardFor({ escalationId, digest, channel: 'C0002' });
    await drift.expect([card.cardId, gone.cardId], 600);
    await storeWith().swapShown(card, { version: 1, minor: 0, ts: '7.7' });
    await drift.expect([gone.cardId], 600);
    await changed(card);
    await done();
    expect(await lost(card)).toEqual([card.cardId]);
  });

  it('is not one that lacks nothing but the uses of a token', async () => {
    const held = await collectedRefund(stage, { max_uses: 3 });
    await rows(
      `insert into "slack_cards" ("id", "escalation_id", "digest", "channel", "ts", "version_shown", "created_at")
       select 'used', e."id", e."digest", 'C0001', '8.8', e."version" + g."version" - g."uses", clock_timestamp() - 3 * ${MINUTE}
       from "escalations" e join "grants" g on g."escalation_id" = e."id" where e."id" = $1`,
      [held.id],
    );
    for (const call_id of ['one', 'two']) {
      const call = { token: held.token, action: 'refund.create', identifier: 'order/8812', call_id };
      const used = await stage
        .caller('payments-api')
        .post('/v1/tokens/consume', { ...call, arguments: { order: '8812', amount: 4000 } });
      expect(used.body.allowed).toBe(true);
    }
    await done();
    expect(await lost((await storeWith().byId('used')) as StoredCard)).toEqual([]);
  });
});
