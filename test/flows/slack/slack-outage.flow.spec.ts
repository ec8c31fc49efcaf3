import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../../packages/local-slack/src/faults.js';
import type { LocalSlack } from '../../../packages/local-slack/src/server.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { freePort, startSlack, startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { brokenAfterwards } from '../../harness/judges/invariants.js';
import { SlackDriver } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';

/** How long Slack is away at a stretch; `WRIT_OUTAGE_SECONDS=600` for the ten minutes that it has been known to be. */
const AWAY_SECONDS = Number(process.env['WRIT_OUTAGE_SECONDS'] ?? 5);

interface Asked {
  readonly id: string;
  readonly digest: string;
}

let slack: LocalSlack;
let stage: Stage;

/** Slack is not there when the broker starts. It comes back under the same address and credentials. */
beforeAll(async () => {
  const port = await freePort();
  slack = await startSlack({ port });
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret, ...ids } = slack.env;
  const { SLACK_APP_ID: appId, SLACK_BOT_ID: botId, SLACK_BOT_USER_ID: botUserId } = ids;
  await slack.close();
  stage = await setStage(() => undefined, { roles: 'api,slack,worker', slack, paced: true });
  comeBack = async () => {
    slack = await startSlack({
      port,
      seed: { botToken, signingSecret, appId, botId, botUserId, pageToken: slack.token },
    });
    slack.setRequestUrl(`${stage.broker.base}/slack/events`);
  };
});
afterEach(() => slack.faults.clear());
afterAll(async () => {
  expect(await brokenAfterwards(stage.world, [stage.broker], 60_000)).toEqual([]);
  await stage.close();
  await slack.close();
}, 90_000);
let comeBack: () => Promise<void>;

let asks = 0;
/** Each ask is another order: identical open asks of an agent share a card. */
const order = (): string => String((asks += 1));

async function ask(): Promise<Asked> {
  return created(await stage.caller('support-bot').ask(refundAsk(order())), 202);
}
const status = async (id: string): Promise<unknown> =>
  (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status;
const approve = async (asked: Asked): Promise<void> => {
  expect((await (await stage.person('bob')).decide(asked, 'approve')).body).toMatchObject({ vote: 'settled' });
};
const messagesOf = (id: string): Promise<readonly object[]> => new SlackDriver({ slack }).cardsOf(id);
const calls = (method: string): number => slack.journal().filter((call) => call.method === method).length;
/** Waits until this request has one card with this on it. */
const shows = (id: string, says: RegExp): Promise<true> =>
  until(
    `one card of ${id} says ${says}`,
    async () => {
      const cards = await messagesOf(id);
      return cards.length === 1 && says.test(JSON.stringify(cards[0]));
    },
    30_000,
  );
const deadLetters = async (): Promise<number> =>
  (await stage.world.database.pool.query('select 1 from "dead_letters"')).rows.length;

const WAYS: readonly (readonly [string, Fault])[] = [
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers 429 for 2 s', { kind: 'status', status: 429, retryAfterSeconds: 2 }],
  ['hangs', { kind: 'hang' }],
  ['breaks off', { kind: 'reset' }],
  ['has lost our token', { kind: 'error', error: 'token_revoked' }],
];

describe('Slack that is away', () => {
  it('at boot: people decide over REST, and what still waits is posted once it is back', async () => {
    const decided = await ask();
    const waits = await ask();
    await approve(decided);
    await until('the card was tried', async () => {
      const { body } = await stage
        .caller('auditor-tool')
        .get(`/v1/audit/events?escalation=${waits.id}&type=card.failed`);
      return (body.items as unknown[]).length > 0;
    });
    await comeBack();
    await shows(waits.id, /writ_approve/);
    expect(await messagesOf(decided.id)).toEqual([]);
    await new SlackDriver({ slack }).click(
      'U0002',
      ((await messagesOf(waits.id))[0] as { ts: string }).ts,
      'writ_approve',
    );
    await until('it is approved', async () => (await status(waits.id)) === 'approved');
    await shows(waits.id, /Approved/i);
  }, 60_000);

  it.each(WAYS)(
    'at a post (it %s): decidable meanwhile, and each card is posted once',
    async (_how, fault) => {
      slack.faults.set('chat.postMessage', fault, Infinity);
      const before = calls('chat.postMessage');
      const [decided, waits] = [await ask(), await ask()];
      await until('it was tried', () => calls('chat.postMessage') > before, 20_000);
      await approve(decided);
      slack.faults.clear();
      await shows(waits.id, /writ_approve/);
      expect(await status(decided.id)).toBe('approved');
      expect(await messagesOf(decided.id)).toEqual([]);
    },
    60_000,
  );

  it.each(WAYS)(
    'at a rewriting (it %s): the decision stands, and the card follows',
    async (_how, fault) => {
      const asked = await ask();
      await shows(asked.id, /writ_approve/);
      slack.faults.set('chat.update', fault, Infinity);
      const before = calls('chat.update');
      const [card] = (await messagesOf(asked.id)) as { ts: string }[];
      await new SlackDriver({ slack }).click('U0003', card?.ts ?? '', 'writ_approve');
      await until('it is approved', async () => (await status(asked.id)) === 'approved');
      await until('the rewriting was tried', () => calls('chat.update') > before, 20_000);
      await shows(asked.id, /writ_approve/);
      slack.faults.clear();
      await shows(asked.id, /approved/i);
      expect(JSON.stringify(await messagesOf(asked.id))).not.toContain('writ_approve');
    },
    60_000,
  );

  it('for everything at once: nobody who decides notices, and no job is given up', async () => {
    slack.faults.set('*', { kind: 'status', status: 503 }, Infinity);
    const asked = await Promise.all(Array.from({ length: 4 }, () => ask()));
    const [first, ...others] = asked;
    await approve(first as Asked);
    await until(
      'it was tried some times',
      () => slack.journal().filter((call) => call.fault !== undefined).length > 8,
      30_000,
    );
    expect(await deadLetters()).toBe(0);
    slack.faults.clear();
    for (const { id } of others) await shows(id, /writ_approve/);
  }, 90_000);

  it(
    `for ${AWAY_SECONDS} s: all is decided meanwhile, and every card is there once and true when it is back`,
    async () => {
      const shown = await ask();
      await shows(shown.id, /writ_approve/);
      slack.faults.set('*', { kind: 'reset' }, Infinity);
      const back = Date.now() + AWAY_SECONDS * 1_000;
      const [unseen, waits] = [await ask(), await ask()];
      await approve(shown);
      await approve(unseen);
      await until('Slack is to come back', () => Date.now() >= back, AWAY_SECONDS * 1_000 + 10_000);
      expect(await deadLetters()).toBe(0);
      slack.faults.clear();
      await shows(shown.id, /approved/i);
      await shows(waits.id, /writ_approve/);
      expect(JSON.stringify(await messagesOf(shown.id))).not.toContain('writ_approve');
      expect(await messagesOf(unseen.id)).toEqual([]);
    },
    AWAY_SECONDS * 1_000 + 90_000,
  );

  it('that asks for half a minute gets it: no other post is tried in that channel', async () => {
    slack.faults.set('chat.postMessage', { kind: 'status', status: 429, retryAfterSeconds: 30 });
    const tried = calls('chat.postMessage');
    const asked = await ask();
    await until('it was tried', () => calls('chat.postMessage') > tried);
    const rest = await until('the channel rests', async () => {
      const { rows } = await stage.world.database.pool.query<{ left: number }>(
        `select extract(epoch from "next_at" - clock_timestamp())::float8 as "left" from "slack_channels" where "channel" = 'C0001'`,
      );
      return (rows[0]?.left ?? 0) > 5 && rows[0]?.left;
    });
    expect(rest).toBeGreaterThan(25);
    const before = calls('chat.postMessage');
    const other = await ask();
    await approve(other);
    expect(calls('chat.postMessage')).toBe(before);
    // There is no clock to turn: this is what half a minute does. Whoever comes next brings the line forward.
    await stage.world.database.pool.query(`update "slack_channels" set "next_at" = clock_timestamp()`);
    const next = await ask();
    await shows(next.id, /writ_approve/);
    await shows(asked.id, /writ_approve/);
  }, 60_000);
});

describe('a card whose job is lost', () => {
  it('is missed and posted, and one that stayed behind is made true', async () => {
    const serving = await setStage(() => undefined, { roles: 'api,slack', slack, paced: true });
    const { pool } = serving.world.database;
    let worker: Broker | undefined;
    const askThere = async (): Promise<Asked> =>
      created(await serving.caller('support-bot').ask(refundAsk(order())), 202);
    try {
      const unborn = await askThere();
      await pool.query(`update "outbox" set "dispatched_at" = clock_timestamp(), "done_at" = clock_timestamp()`);
      const old = `update "escalations" set "created_at" = "created_at" - interval '3 minutes' where "id" = $1`;
      await asSuperuser(serving.world, old, [unborn.id]);
      worker = await startTestBroker(serving.world, {
        roles: 'worker',
        slack,
        extra: { WRIT_ISSUER: serving.broker.issuer },
      });
      await shows(unborn.id, /writ_approve/);
      await worker.close();
      await (await serving.person('bob')).decide(unborn, 'approve');
      await pool.query(`update "outbox" set "dispatched_at" = clock_timestamp(), "done_at" = clock_timestamp()`);
      await pool.query(
        `update "slack_cards" set "created_at" = "created_at" - interval '3 minutes', "expected_at" = null`,
      );
      worker = await startTestBroker(serving.world, {
        roles: 'worker',
        slack,
        extra: { WRIT_ISSUER: serving.broker.issuer },
      });
      await shows(unborn.id, /approved/i);
    } finally {
      await worker?.close();
      await serving.close();
    }
  }, 60_000);
});

describe('a channel that people of another organisation read', () => {
  it('gets no card: the history says why, and the request is decided elsewhere', async () => {
    slack.putChannel({ id: 'C0002', name: 'security', flags: { is_ext_shared: true } });
    const details = [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-01' } }];
    const answer = await stage.caller('support-bot').ask(refundAsk(order(), { authorization_details: details }));
    const asked = created(answer, 202);
    const failed = await until('the history says so', async () => {
      const { body } = await stage
        .caller('auditor-tool')
        .get(`/v1/audit/events?escalation=${asked.id}&type=card.failed`);
      return (body.items as { data: object }[])[0];
    });
    expect(failed.data).toMatchObject({ channel: 'C0002', ts: null, error: 'channel_shared_externally' });
    await shows(asked.id, /writ_approve/);
    expect(await messagesOf(asked.id)).toMatchObject([{ channel: 'C0001' }]);
    expect((await (await stage.person('bob')).decide(asked, 'deny')).body).toMatchObject({ vote: 'settled' });
    slack.putChannel({ id: 'C0002', name: 'security' });
  }, 60_000);
});
