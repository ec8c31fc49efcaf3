import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { SYSTEM } from '#escalations/rows/history.js';
import type { Transaction } from '#escalations/ports.js';
import { createPool, type DatabasePool } from '#persistence/connection/pool.js';
import { PostgresGrants } from '#persistence/collect/postgres-grants.js';
import { PostgresTokens } from '#persistence/collect/postgres-tokens.js';
import { readAsk } from '../harness/actors/agent.js';
import { brokenInvariants } from '../harness/judges/invariants.js';
import { judging, useCasesOf } from '../harness/world/sealed.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';

/** As many as share a transaction at most. */
const WORKS = 32;
const FLEET = Array.from({ length: 8 }, (_, index) => `bot-${index}`);
const AGENT = { id: 'support-bot' };

let stage: Stage;
let pool: DatabasePool;
beforeAll(async () => {
  stage = await setStage((config) => {
    Object.assign(config.limits, { creates_per_minute: 10_000, pending_per_agent: 1_000 });
    for (const id of FLEET) config.agents.push(JSON.parse(JSON.stringify({ ...config.agents[0], id, name: id })));
  });
  const { keys } = stage.world as { keys: Record<string, unknown> };
  for (const id of FLEET) keys[id] = keys['support-bot'];
  pool = judging(createPool(stage.world.database.url, { max: 4 }), stage.world);
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(async () => {
  await pool.end();
  await stage.close();
});

const says = (turn: number) =>
  ({ type: 'agent.resumed', actor: SYSTEM, agent: 'support-bot', data: { turn } }) as const;
const txidsOf = async (turns: readonly number[]): Promise<string[]> => {
  const { rows } = await pool.query<{ txid: string }>(
    `select distinct "txid"::text as "txid" from "events" where ("data" ->> 'turn')::int = any($1)`,
    [turns],
  );
  return rows.map(({ txid }) => txid);
};
const numbered = (from: number): number[] => Array.from({ length: WORKS }, (_, index) => from + index);

describe('works that wait at once', () => {
  it('share a transaction, and each has its own answer', async () => {
    const { store } = useCasesOf(stage.world, pool);
    const turns = numbered(1_000);
    const answers = await Promise.all(
      turns.map((turn) =>
        store.runBatched({ agent: AGENT }, async (tx) => {
          const { agent, now } = (await tx.agents.lock('support-bot'))!;
          await tx.journal.record([says(turn)], now);
          return `${agent.id} ${turn}`;
        }),
      ),
    );
    expect(answers).toEqual(turns.map((turn) => `support-bot ${turn}`));
    expect(await txidsOf(turns)).toHaveLength(1);
  });

  it.each<[string, (tx: Transaction) => Promise<unknown>]>([
    [
      'the tables refuse',
      (tx) =>
        tx.tokens.insert({
          jti: 'tok_of_no_grant',
          grantId: 'grt_none',
          kid: 'k',
          claims: {},
          mintedAt: 0,
          expiresAt: 1,
          redeemKey: null,
          renewedFrom: null,
        }),
    ],
    ['throws', () => Promise.reject(new Error('of its own'))],
  ])('lose none but the one that %s', async (what, spoil) => {
    const { store } = useCasesOf(stage.world, pool);
    const from = what === 'throws' ? 2_000 : 3_000;
    const bad = from + randomInt(WORKS);
    const outcomes = await Promise.allSettled(
      numbered(from).map((turn) =>
        store.runBatched({ agent: AGENT }, async (tx) => {
          const { now } = (await tx.agents.lock('support-bot'))!;
          await tx.journal.record([says(turn)], now);
          if (turn === bad) await spoil(tx);
          return turn;
        }),
      ),
    );
    const kept = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(kept).toEqual(numbered(from).filter((turn) => turn !== bad));
    const { rows } = await pool.query<{ turn: number }>(
      `select ("data" ->> 'turn')::int as "turn" from "events" where ("data" ->> 'turn')::int between $1 and $2 order by 1`,
      [from, from + WORKS - 1],
    );
    expect(rows.map(({ turn }) => turn)).toEqual(kept);
  });

  it('that need more than was read get a transaction of their own', async () => {
    const { store } = useCasesOf(stage.world, pool);
    const people = await Promise.all(
      numbered(4_000).map((turn) =>
        store.runBatched({ agent: AGENT }, async (tx) => {
          const { now } = (await tx.agents.lock('support-bot'))!;
          await tx.journal.record([says(turn)], now);
          return turn % 2 === 0 ? (await tx.people.byId('bob'))?.person : null;
        }),
      ),
    );
    expect(people).toEqual(numbered(4_000).map((turn) => (turn % 2 === 0 ? 'bob' : null)));
    expect(await txidsOf(numbered(4_000))).toHaveLength(1 + WORKS / 2);
  });
});

describe('what a batch reads', () => {
  it('is what the adapters read', async () => {
    const asked = created(await stage.caller('support-bot').ask(readAsk()), 201);
    const { body } = await stage.caller('support-bot').redeem(asked.continuation.deferral_code);
    const plain = (row: object | null): unknown => JSON.parse(JSON.stringify(row, Object.keys(row ?? {}).sort()));
    const { rows } = await pool.query('select row_to_json(g) as "row" from "grant_rows" g where g."id" = $1', [
      body.grant_id,
    ]);
    const { grant } = (await new PostgresGrants(pool).byId(String(body.grant_id)))!;
    const { ends: _e, retiredAt: _r, epochs: _p, ...read } = rows[0].row;
    const { barred: _b, barredAt: _a, killedAt: _k, held: _h, ancestors: _n, ...known } = grant;
    expect(plain(read)).toEqual(plain(known));
    const token = await new PostgresTokens(pool).liveOf(grant.id);
    const { rows: tokens } = await pool.query('select row_to_json(t) as "row" from "token_rows" t where t."jti" = $1', [
      token?.jti,
    ]);
    expect(tokens[0].row).toEqual(JSON.parse(JSON.stringify(token)));
  });
});

describe('a suspension beside batches', () => {
  it('lets nothing be granted once it is answered', async () => {
    for (let round = 0; round < 3; round += 1) {
      const suspended = String(FLEET[round]);
      let answered = false;
      const asks = Array.from({ length: 48 }, async (_, turn) => {
        const id = String(FLEET[turn % FLEET.length]);
        const late = answered;
        const { status } = await stage.caller(id).ask(readAsk(`s-${round}-${turn}`));
        return { id, late, status };
      });
      const stop = stage.caller('ops-cli').post(`/v1/agents/${suspended}/suspend`, { reason: 'Test.' });
      void stop.then(() => (answered = true));
      const done = await Promise.all(asks);
      expect((await stop).status).toBe(200);
      expect(
        new Set(done.filter(({ id }) => !FLEET.slice(0, round + 1).includes(id)).map(({ status }) => status)),
      ).toEqual(new Set([201]));
      expect((await stage.caller(suspended).ask(readAsk())).status).toBe(403);
      const { rows } = await pool.query(
        `select 1 from "grants" g join "agents" a on a."uid" = g."agent_uid" where a."id" = $1 and g."created_at" > a."not_before"`,
        [suspended],
      );
      expect(rows).toEqual([]);
    }
  });
});

describe('verbs in any order at once', () => {
  it('leave what some order of them would', async () => {
    const uses = 3;
    const agent = String(FLEET[7]);
    const { body: given } = await stage.caller(agent).askHere({ ...readAsk('shared'), max_uses: uses });
    const consume = (call_id: string) =>
      stage
        .caller('payments-api')
        .post('/v1/tokens/consume', { token: given.access_token, action: 'payment.read', call_id });
    const codes = await Promise.all(
      Array.from({ length: 6 }, async (_, turn) => {
        const asked = created(await stage.caller(String(FLEET[3 + (turn % 4)])).ask(readAsk(`m-${turn}`)), 201);
        return { id: String(FLEET[3 + (turn % 4)]), code: asked.continuation.deferral_code };
      }),
    );
    const [consumed, redeemed, more] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, (_, turn) => consume(`c-${turn}`))),
      Promise.all([...codes, ...codes].map(({ id, code }) => stage.caller(id).redeem(code))),
      Promise.all(
        Array.from({ length: 12 }, (_, turn) =>
          stage.caller(String(FLEET[3 + (turn % 5)])).askHere(readAsk(`a-${turn}`)),
        ),
      ),
    ]);
    const allowed = consumed.map(({ body }) => body).filter(({ allowed: yes }) => yes);
    expect(allowed.map(({ use }) => use).sort()).toEqual([1, 2, 3]);
    expect(new Set(consumed.filter(({ body }) => !body.allowed).map(({ body }) => body.code))).toEqual(
      new Set(['used_up']),
    );
    expect(redeemed.filter(({ status }) => status === 200)).toHaveLength(codes.length);
    expect(redeemed.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(codes.length);
    expect(new Set(more.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
