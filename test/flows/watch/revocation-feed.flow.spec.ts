import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type pg from 'pg';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import { ReadStatusList, type StatusListSource } from '#escalations/watch/status-list.js';
import { PostgresStatusLists } from '#persistence/watch/postgres-status-lists.js';
import { CursorSeal } from '#platform/http/cursor.js';
import { deriveKey } from '#tokens/master-key.js';
import { Caller, readAsk, type Answer } from '../../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { statusBitOf } from '../../harness/judges/status-list.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { until } from '../../harness/judges/until.js';
import type { Config } from '../../harness/world/world.js';

/** Two brokers of one issuer on one database: one revokes, verifiers listen at the other. */
let stage: Stage;
let other: Broker;

interface Item {
  seq: string;
  kind: string;
  jti?: string;
  subject?: string;
  not_before: string;
}
interface Page {
  items: Item[];
  cursor: string;
  caught_up: boolean;
  signed: string;
}

beforeAll(async () => {
  stage = await setStage((config: Config) => {
    config.limits = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
  });
  other = await startTestBroker(stage.world, {
    slack: stage.broker.slack,
    extra: { WRIT_ISSUER: stage.broker.issuer },
  });
});
afterAll(async () => {
  await other.close();
  await stage.close();
});

const there = (id: string): Caller => new Caller(stage.world, stage.broker.issuer, id, other.base);
const feed = async (query = '', id = 'payments-api'): Promise<Page> => {
  const got = await there(id).get(`/v1/revocations${query}`);
  expect([got.status, got.body]).toEqual([200, expect.anything()]);
  return got.body as Page;
};
const jtiOf = (jwt: string): string => String(decodeJwt(jwt).jti);
const jtisOf = (page: Page): (string | undefined)[] => page.items.map((item) => item.jti);
const revoke = (grant: string): Promise<Answer> =>
  stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' });

async function readToken(task = 'run-1'): Promise<string> {
  const { continuation } = created(await stage.caller('support-bot').ask(readAsk(task)), 201);
  const { body } = await stage.caller('support-bot').redeem(continuation.deferral_code);
  return String(body.access_token);
}

/** Everything from a cursor on, until the feed has caught up. */
async function all(cursor: string): Promise<{ items: Item[]; cursor: string }> {
  const items: Item[] = [];
  for (;;) {
    const page = await feed(`?after=${cursor}`);
    items.push(...page.items);
    cursor = page.cursor;
    if (page.caught_up) return { items, cursor };
  }
}

describe('the feed of revocations', () => {
  it('reaches a verifier that waits at another process within two seconds', async () => {
    const { cursor } = await feed();
    const held = await collectedRefund(stage);
    const waiting = feed(`?after=${cursor}&wait=20`);
    const before = performance.now();
    expect((await revoke(held.grant)).status).toBe(200);
    const page = await waiting;
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(page.items).toEqual([
      {
        seq: expect.stringMatching(/^\d+$/),
        kind: 'grant',
        jti: jtiOf(held.token),
        not_before: expect.any(String),
        at: expect.any(String),
      },
    ]);
    expect((await feed(`?after=${page.cursor}`)).items).toEqual([]);
  });

  it('tells of every end before the time of a token, and not of one that was never minted', async () => {
    const { cursor } = await feed();
    const [token, done] = [await readToken(), await collectedRefund(stage)];
    const agent = stage.caller('support-bot');
    expect((await agent.post(`/v1/grants/${done.grant}/complete`, { outcome: 'succeeded' })).status).toBe(200);
    await agent.form('/oauth/revoke', { token });
    const { continuation } = created(await agent.ask(readAsk()), 201);
    await agent.form('/oauth/revoke', { token: continuation.deferral_code });
    expect((await all(cursor)).items.map(({ jti }) => jti)).toEqual([jtiOf(done.token), jtiOf(token)]);
  });

  it('tells of a token that is used up, as the status list does, while its grant goes on', async () => {
    const { cursor } = await feed();
    const [held, once] = [await collectedRefund(stage, { max_uses: 2 }), await collectedRefund(stage)];
    const bits = (): Promise<number[]> =>
      Promise.all([held, once].map(({ token }) => statusBitOf(stage.broker.issuer, token)));
    expect(await bits()).toEqual([0, 0]);
    const use = (token: string, call_id: string): Promise<Answer> =>
      stage.caller('payments-api').post('/v1/tokens/consume', {
        token,
        action: 'refund.create',
        identifier: 'order/8812',
        arguments: { order: '8812', amount: 4000 },
        call_id,
      });
    expect((await use(held.token, 'a')).body).toMatchObject({ allowed: true, remaining: 1 });
    expect((await use(once.token, 'b')).body).toMatchObject({ allowed: true, remaining: 0 });
    expect((await use(once.token, 'c')).body).toEqual({ allowed: false, code: 'used_up' });
    const told = await all(cursor);
    expect(told.items).toMatchObject([{ kind: 'grant', jti: jtiOf(once.token) }]);
    await until('the bit', async () => (await bits()).join() === '0,1');
    expect((await there('auditor-tool').get(`/v1/grants/${once.grant}`)).body.grant.status).toBe('active');
    expect((await use(held.token, 'd')).body).toMatchObject({ allowed: true, remaining: 0 });
    expect((await all(told.cursor)).items).toMatchObject([{ kind: 'grant', jti: jtiOf(held.token) }]);
  });

  it('leaves nothing out when a lower number commits after a higher one', async () => {
    const [first, second] = [await collectedRefund(stage), await collectedRefund(stage)];
    const { cursor } = await feed();
    const end = (db: pg.PoolClient | pg.Pool, jwt: string) =>
      db.query(`update "tokens" set "ended_at" = clock_timestamp() where "jti" = $1`, [jtiOf(jwt)]);
    const slow = await stage.world.database.pool.connect();
    try {
      await slow.query('begin');
      await end(slow, first.token);
      await revoke(second.grant);
      const early = await feed(`?after=${cursor}`);
      expect(jtisOf(early)).toEqual([jtiOf(second.token)]);
      await slow.query('commit');
      const late = await feed(`?after=${early.cursor}`);
      expect(jtisOf(late)).toEqual([jtiOf(first.token)]);
      expect(Number(late.items[0]?.seq)).toBeLessThan(Number(early.items[0]?.seq));
      expect((await feed(`?after=${late.cursor}`)).items).toEqual([]);
    } finally {
      slow.release();
      await revoke(first.grant);
    }
  });

  it('goes page by page through a burst, each token once', async () => {
    const { cursor } = await feed();
    const { pool } = stage.world.database;
    await pool.query(
      `insert into "revocations" ("kind", "subject", "not_before", "jtis", "audience", "until")
       select 'grant', 'burst', clock_timestamp(), array['burst-' || n], 'https://payments.example', clock_timestamp() + interval '5 minutes'
       from generate_series(1, 1200) n`,
    );
    const { items, cursor: after } = await all(cursor);
    expect(items).toHaveLength(1_200);
    expect(new Set(items.map(({ jti }) => jti)).size).toBe(1_200);
    expect((await feed(`?after=${after}`)).items).toEqual([]);
    await asSuperuser(stage.world, `delete from "revocations" where "subject" = 'burst'`, []);
  });

  it('shows nothing of other audiences, and nothing at all to who is no verifier', async () => {
    const { cursor } = await feed('', 'other-api');
    const held = await collectedRefund(stage);
    await revoke(held.grant);
    expect(jtisOf(await feed())).toContain(jtiOf(held.token));
    expect((await feed(`?after=${cursor}`, 'other-api')).items).toEqual([]);
    expect((await there('auditor-tool').get('/v1/revocations')).status).toBe(403);
    expect((await there('support-bot').get('/v1/revocations')).status).toBe(403);
  });

  it('refuses a cursor that is forged, edited or another verifier’s', async () => {
    const { cursor } = await feed();
    const edited = `${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BB' : 'AA'}`;
    const foreign = (await feed('', 'other-api')).cursor;
    for (const after of ['41', edited, foreign, 'AAAA']) {
      const got = await there('payments-api').get(`/v1/revocations?after=${after}`);
      expect([got.status, got.body.code, got.body.errors[0].pointer]).toEqual([400, 'invalid_request', 'after']);
    }
    const stream = await there('payments-api').get('/v1/revocations/stream', { 'last-event-id': edited });
    expect(stream.status).toBe(400);
  });

  it('starts over for a cursor from a time that the database does not know: it was restored', async () => {
    const held = await collectedRefund(stage);
    await revoke(held.grant);
    const seal = new CursorSeal(deriveKey(Buffer.from(stage.world.masterKey, 'base64'), 'cursor'));
    const boundTo = { feed: 'revocations', caller: 'payments-api' };
    const audiences = createHash('sha256').update('["https://payments.example"]').digest('base64url').slice(0, 22);
    const since = '9000000000:9000000000:';
    const page = await feed(`?after=${seal.seal({ audiences, position: { since } }, boundTo)}`);
    expect(jtisOf(page)).toContain(jtiOf(held.token));
  });

  it('is signed for its verifier, over cursor and items', async () => {
    const page = await feed();
    const keys = createRemoteJWKSet(new URL('/oauth/jwks', stage.broker.issuer));
    const { payload } = await jwtVerify(page.signed, keys, {
      issuer: stage.broker.issuer,
      audience: 'payments-api',
      typ: 'writ-revocations+jwt',
    });
    const digest = `sha256:${createHash('sha256').update(canonicalJson(page.items)).digest('hex')}`;
    expect(payload).toMatchObject({ cursor: page.cursor, items_digest: digest, iat: expect.any(Number) });
    expect((await there('payments-api').introspect(page.signed)).body).toEqual({ active: false });
  });
});

describe('a status list', () => {
  it('is made once at a time, however long that takes, and kept for a second from then on', async () => {
    let [made, now] = [0, 0];
    let finish = (): void => undefined;
    const rows = { size: 8, tokens: [], restored: false, now: 0 };
    const list = () => new Promise((done) => (made++, (finish = () => done(rows))));
    const lists = new ReadStatusList({ list } as unknown as StatusListSource);
    const ask = () => lists.execute(1, () => now);
    const first = ask();
    now = 4_000;
    const second = ask();
    expect(made).toBe(1);
    finish();
    expect(await second).toBe(await first);
    now = 4_999;
    await ask();
    expect(made).toBe(1);
    now = 5_000;
    const third = ask();
    expect(made).toBe(2);
    finish();
    expect(await third).not.toBe(await first);
  });

  it('is read without what was granted, claimed and sealed: that is most of a row, and decides no bit', async () => {
    await collectedRefund(stage);
    const { tokens } = (await new PostgresStatusLists(stage.world.database.pool).list(1)) ?? {};
    const [entry] = tokens ?? [];
    expect(Object.keys(entry?.token ?? {})).toEqual(['endedAt', 'expiresAt']);
    for (const column of ['granted', 'mac', 'actions', 'digest']) expect(entry?.grant).not.toHaveProperty(column);
  });
});

describe('the stream of revocations', () => {
  it('goes on from Last-Event-ID, tells at once and says so when there is nothing', async () => {
    const { cursor } = await feed();
    const held = await collectedRefund(stage);
    await revoke(held.grant);
    const closing = new AbortController();
    const response = await fetch(`${other.base}/v1/revocations/stream`, {
      headers: {
        authorization: `Bearer ${await there('payments-api').assertion()}`,
        'last-event-id': cursor,
      },
      signal: closing.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString('utf8');
    })().catch(() => undefined);
    const pages = (): Page[] =>
      [...text.matchAll(/^data: (.+)$/gm)].map(([, json]) => JSON.parse(String(json)) as Page);
    await until('the first page', async () => pages().length > 0);
    expect(pages().flatMap(jtisOf)).toEqual([jtiOf(held.token)]);
    const next = await collectedRefund(stage);
    const before = performance.now();
    await revoke(next.grant);
    await until('the next end', async () => pages().flatMap(jtisOf).includes(jtiOf(next.token)));
    expect(performance.now() - before).toBeLessThan(2_000);
    const told = pages().length;
    await until('a page without news', async () => pages().length > told && pages().at(-1)?.items.length === 0, 8_000);
    expect([...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id)).toEqual(pages().map((page) => page.cursor));
    closing.abort();
    await reading;
  }, 20_000);
});
