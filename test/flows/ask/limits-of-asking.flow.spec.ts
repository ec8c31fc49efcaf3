import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { PostgresSigningKeyRows } from '#persistence/keys/postgres-signing-key-rows.js';
import { readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { applyConfig } from '../../harness/world/apply.js';
import { collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

const many = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const statuses = (answers: readonly Answer[]): Record<number, number> =>
  answers.reduce<Record<number, number>>(
    (counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }),
    {},
  );

describe('an Idempotency-Key', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(async () => {
    expect(await brokenInvariants(stage.world)).toEqual([]);
  });
  afterAll(() => stage.close());

  const asked = async (agent: string): Promise<number> => {
    const { rows } = await stage.world.database.pool.query<{ count: number }>(
      'select count(*)::int as "count" from "escalations" where "agent_id" = $1',
      [agent],
    );
    return rows[0]?.count ?? 0;
  };

  it('repeats the first answer, code and all', async () => {
    const agent = stage.caller('support-bot');
    const first = await agent.ask(refundAsk(), { 'idempotency-key': 'k1' });
    const again = await agent.ask(refundAsk(), { 'idempotency-key': '"k1"' });
    expect(again.status).toBe(202);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await asked('support-bot')).toBe(1);
  });

  it('repeats it after the decision too: as it was then, not as things are now', async () => {
    const agent = stage.caller('support-bot');
    const first = await agent.ask(refundAsk(), { 'idempotency-key': 'k2' });
    await (await stage.person('bob')).decide(first.body as { id: string; digest: string }, 'approve');
    expect((await agent.ask(refundAsk(), { 'idempotency-key': 'k2' })).body).toEqual(first.body);
    expect((await agent.redeem(first.body.continuation.deferral_code as string)).status).toBe(200);
  });

  it('with another body is refused with the request of the first, and that leaves no trace', async () => {
    const agent = stage.caller('support-bot');
    const first = await agent.ask(refundAsk(), { 'idempotency-key': 'k1' });
    const before = await asked('support-bot');
    expect(await agent.ask(refundAsk('9999'), { 'idempotency-key': 'k1' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch', escalation: first.body.id },
    });
    expect(await asked('support-bot')).toBe(before);
  });

  it('belongs to its agent', async () => {
    const [mine, theirs] = await Promise.all(
      ['support-bot', 'rival-bot'].map((id) => stage.caller(id).ask(refundAsk(), { 'idempotency-key': 'shared' })),
    );
    expect(mine?.body.id).not.toBe(theirs?.body.id);
    expect(theirs?.headers.get('idempotency-replayed')).toBeNull();
  });

  it('has a form', async () => {
    for (const key of ['', 'k'.repeat(129), 'with space']) {
      expect([400, 422]).toContain(
        (await stage.caller('support-bot').ask(readAsk(), { 'idempotency-key': key })).status,
      );
    }
  });

  it('makes fifty calls at once one request', async () => {
    const agent = stage.caller('rival-bot');
    const before = await asked('rival-bot');
    const answers = await many(50, () => agent.ask(refundAsk('77'), { 'idempotency-key': 'fifty' }));
    expect(await asked('rival-bot')).toBe(before + 1);
    const ok = answers.filter((answer) => answer.status === 202);
    expect(new Set(ok.map((answer) => answer.body.id as string)).size).toBe(1);
    expect(ok.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    for (const answer of answers)
      if (answer.status !== 202) expect(answer).toMatchObject({ status: 409, body: { code: 'in_progress' } });
  });
});

describe('an agent that asks too much', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage((config) => void (config.limits = { pending_per_agent: 3, creates_per_minute: 5_000 }), {
      policies: BASE_POLICIES.replace('granted_last_hour < 50', 'granted_last_hour < 7'),
    });
  });
  afterAll(async () => {
    expect(await brokenInvariants(stage.world)).toEqual([]);
  });
  afterAll(() => stage.close());

  it('has at most so many requests before people, also when it asks in parallel', async () => {
    const agent = stage.caller('support-bot');
    const answers = await many(12, (index) => agent.ask(refundAsk(String(index))));
    expect(statuses(answers)).toEqual({ 202: 3, 429: 9 });
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused?.body).toMatchObject({ code: 'too_many_pending', type: 'urn:writ:problem:too_many_pending' });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await agent.ask(readAsk())).status).toBe(201);
    expect((await stage.caller('rival-bot').ask(refundAsk())).status).toBe(202);

    const waiting = answers.find((answer) => answer.status === 202)?.body as { id: string };
    await agent.post(`/v1/escalations/${waiting.id}/cancel`);
    expect((await agent.ask(refundAsk())).status).toBe(202);
  });

  it('gets no more grants in an hour than policy counts, also when it asks in parallel', async () => {
    const answers = await many(20, (index) => stage.caller('rival-bot').ask(readAsk(`run-${index}`)));
    expect(answers.every((answer) => answer.status === 201)).toBe(true);
    expect(answers.filter((answer) => answer.body.status === 'approved')).toHaveLength(7);
    expect(answers.filter((answer) => answer.body.status === 'denied')).toHaveLength(13);
  });
});

describe('an agent that calls too often', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage((config) => void (config.limits = { pending_per_agent: 1, creates_per_minute: 4 }));
  });
  afterAll(() => stage.close());

  it('is told when to come again; reading and redeeming are not counted', async () => {
    const agent = stage.caller('support-bot');
    // The minute is the database's: should it turn under the calls, a second round falls into one minute for certain.
    let answers: Answer[] = [];
    for (let round = 0; round < 2 && !answers.some((answer) => answer.status === 429); round += 1)
      answers = await many(6, () => agent.ask(readAsk()));
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused?.body).toMatchObject({ code: 'rate_limited' });
    const wait = Number(refused?.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(60);
    const first = answers.find((answer) => answer.status === 201);
    expect((await agent.get(`/v1/escalations/${first?.body.id}`)).status).toBe(200);
    expect((await agent.redeem(first?.body.continuation.deferral_code as string)).status).toBe(200);
  });

  it('meets the same limit by dry runs', async () => {
    const answers: Answer[] = [];
    for (let round = 0; round < 2 && !answers.some((answer) => answer.status === 429); round += 1) {
      answers.push(...(await many(6, () => stage.caller('rival-bot').post('/v1/escalations/evaluate', readAsk()))));
    }
    expect(answers.find((answer) => answer.status === 429)?.body).toMatchObject({ code: 'rate_limited' });
  });

  /** What has been counted of an agent's calls since the last time this was asked. */
  const counted = async (agent: string): Promise<number> => {
    const { rows } = await stage.world.database.pool.query<{ calls: number }>(
      `with gone as (delete from "rate_windows" where "agent_uid" in (select "uid" from "agents" where "id" = $1) returning "calls")
       select coalesce(sum("calls"), 0)::int as "calls" from gone`,
      [agent],
    );
    return rows[0]?.calls ?? 0;
  };

  it('is counted for what is refused too, and so is refused for the rate in the end', async () => {
    const agent = stage.caller('support-bot');
    await counted('support-bot');
    const codes: unknown[] = [];
    for (let round = 0; round < 2 && !codes.includes('rate_limited'); round += 1)
      for (let turn = 0; turn < 6; turn += 1) codes.push((await agent.ask(refundAsk())).body.code);
    expect(codes.filter((code) => code === 'too_many_pending').length).toBeGreaterThanOrEqual(3);
    expect(codes).toContain('rate_limited');
  });

  it('is counted once for a call during which the configuration changes', async () => {
    await counted('rival-bot');
    const { pool } = stage.world.database;
    const holder = await pool.connect();
    try {
      await holder.query('begin');
      await holder.query(`select 1 from "agents" where "id" = 'rival-bot' for update`);
      const asking = stage.caller('rival-bot').ask(readAsk());
      await until('the call waits', async () => {
        const { rows } = await pool.query(
          `select 1 from "pg_stat_activity" where "datname" = current_database() and "wait_event_type" = 'Lock'`,
        );
        return rows.length > 0;
      });
      await applyConfig(stage.world, (config) => void config.groups.push({ id: 'watchers', members: ['erin'] }));
      await holder.query('commit');
      expect((await asking).status).toBe(201);
    } finally {
      holder.release();
    }
    expect(await counted('rival-bot')).toBe(1);
  });
});

describe('an agent that calls without a pause', () => {
  let stage: Stage;

  beforeAll(async () => {
    const unlimited = { pending_per_agent: 1_000, creates_per_minute: 10_000 };
    stage = await setStage((config) => void (config.limits = unlimited), { roles: 'api' });
  });
  afterAll(async () => {
    expect(await brokenInvariants(stage.world)).toEqual([]);
  });
  afterAll(() => stage.close());

  const kill = (kind: string, id: string) => stage.caller('ops-cli').post('/v1/kill', { kind, id, reason: 'Drill.' });
  /** Has every write to a table take its time, and answers how to make it quick again. */
  const slowly = async (table: string): Promise<() => Promise<unknown>> => {
    const { pool } = stage.world.database;
    await pool.query(`create function "slow_${table}"() returns trigger language plpgsql as $$ begin perform pg_sleep(0.03); return new; end $$;
      create trigger "slow" before insert or update on "${table}" for each row execute function "slow_${table}"()`);
    return () => pool.query(`drop trigger "slow" on "${table}"`);
  };
  /** Calls from so many sides at once, again and again, until it is stopped. */
  const flood = (sides: number, call: () => Promise<unknown>): (() => Promise<unknown>) => {
    let stopped = false;
    const loops = Array.from({ length: sides }, async () => {
      while (!stopped) await call();
    });
    return () => ((stopped = true), Promise.all(loops));
  };
  /** Less than a statement may take: who must wait for all that may still come waits that long, in vain. */
  const SOON_MS = 10_000;

  it('is suspended though its polls leave no moment between them', async () => {
    const agent = stage.caller('support-bot');
    const { continuation } = created(await agent.ask(refundAsk('13')), 202);
    const quick = await slowly('poll_marks');
    const errors = new Set<unknown>();
    const stop = flood(8, async () => errors.add((await agent.redeem(continuation.deferral_code)).body.error));
    try {
      await until('polls', () => errors.size > 0);
      const from = performance.now();
      expect((await kill('agent', 'support-bot')).status).toBe(200);
      expect(performance.now() - from).toBeLessThan(SOON_MS);
      await until('the polls to hear of it', () => errors.has('access_denied'));
    } finally {
      await stop();
      await quick();
      await stage.caller('ops-cli').post('/v1/agents/support-bot/resume', {});
    }
  });

  it('keeps no key from being compromised, were there never a moment in which nothing is signed', async () => {
    const kid = decodeProtectedHeader((await collectedRefund(stage)).token).kid ?? '';
    const { pool } = stage.world.database;
    const signer = async (): Promise<{ commit: () => Promise<unknown> }> => {
      const client = await pool.connect();
      await client.query('begin');
      expect(await new PostgresSigningKeyRows(client).signing('ES256', [])).not.toBeNull();
      return { commit: () => client.query('commit').finally(() => client.release()) };
    };
    let signing = await signer();
    // Each begins before the one before it ends; whoever is kept waiting keeps nobody from ending.
    const stop = flood(1, async () => {
      const next = signer();
      await Promise.race([next, pause(100)]);
      await signing.commit();
      signing = await next;
    });
    try {
      const from = performance.now();
      expect((await kill('key', kid)).status).toBe(200);
      expect(performance.now() - from).toBeLessThan(SOON_MS);
    } finally {
      await stop();
      await signing.commit();
    }
    expect(decodeProtectedHeader((await collectedRefund(stage)).token).kid).not.toBe(kid);
  });
});
