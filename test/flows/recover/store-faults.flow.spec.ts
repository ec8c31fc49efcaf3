import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer, patiently, readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { withSessions } from '../../harness/world/sealed.js';
import { endSessions, failWrites } from '../../harness/faults/store-faults.js';
import { approvedRefund, collectedRefund, created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;
let turns = 0;

beforeAll(async () => {
  stage = await setStage((config) =>
    Object.assign(config.limits, { pending_per_agent: 10_000, creates_per_minute: 100_000 }),
  );
  await stage.person('bob');
}, 60_000);
afterAll(() => stage?.close());

const use = (token: string): Promise<Answer> =>
  stage.caller('payments-api').post('/v1/tokens/consume', {
    token,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
    call_id: `turn-${(turns += 1)}`,
  });
const count = async (text: string, ...values: unknown[]): Promise<number> =>
  (await stage.world.database.pool.query(text, values)).rows.length;
const ready = async (): Promise<number> => (await fetch(`${stage.broker.issuer}/readyz`)).status;
const probe = async (path: string): Promise<number> => (await fetch(stage.broker.issuer + path)).status;

const send = async (path: string, body: unknown): Promise<Answer> =>
  answer(
    await fetch(stage.broker.issuer + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );

interface Verb {
  readonly what: string;
  readonly table: string;
  readonly status: number;
  /** Everything before the call itself, which it answers. */
  readonly make: () => Promise<() => Promise<Answer>>;
  /** How often its outcome may be found. */
  readonly once?: () => Promise<number>;
}

let last = '';
const VERBS: readonly Verb[] = [
  {
    what: 'an ask',
    table: 'escalations',
    status: 202,
    make: async () => {
      last = `fault-${(turns += 1)}`;
      return () => stage.caller('support-bot').ask(refundAsk(last));
    },
    once: () => count(`select 1 from "escalations" where "request"::text like $1`, `%order/${last}"%`),
  },
  {
    what: 'an ask that policy allows',
    table: 'grants',
    status: 201,
    make: async () => () => stage.caller('support-bot').ask(readAsk(`fault-${(turns += 1)}`)),
  },
  {
    what: 'a vote',
    table: 'votes',
    status: 200,
    make: async () => {
      const asked = created(await stage.caller('support-bot').ask(refundAsk(`vote-${(turns += 1)}`)), 202);
      last = asked.id;
      const bob = await stage.person('bob');
      return () => bob.decide(asked, 'approve');
    },
    once: () => count(`select 1 from "events" where "escalation_id" = $1 and "type" = 'escalation.approved'`, last),
  },
  {
    what: 'a collection',
    table: 'tokens',
    status: 200,
    make: async () => {
      const { code, grant } = await approvedRefund(stage);
      last = grant;
      return () => stage.caller('support-bot').redeem(code);
    },
    once: () => count(`select 1 from "tokens" where "grant_id" = $1`, last),
  },
  {
    what: 'a use',
    table: 'token_uses',
    status: 200,
    make: async () => {
      const { token, grant } = await collectedRefund(stage);
      last = grant;
      return () => use(token);
    },
    once: () => count(`select 1 from "token_uses" where "grant_id" = $1`, last),
  },
  {
    what: 'a completion',
    table: 'grants',
    status: 200,
    make: async () => {
      const { grant } = await collectedRefund(stage);
      return () => stage.caller('support-bot').post(`/v1/grants/${grant}/complete`, { outcome: 'succeeded' });
    },
  },
  {
    what: 'a suspension',
    table: 'agents',
    status: 200,
    make: async () => {
      await stage.caller('ops-cli').post('/v1/agents/rival-bot/resume', {});
      return () => stage.caller('ops-cli').post('/v1/agents/rival-bot/suspend', {});
    },
  },
  {
    what: 'a sign-in',
    table: 'sessions',
    status: 204,
    make: async () => {
      const code = await withSessions(stage.world, (sessions) => sessions.issueLoginCode('carol'));
      return () => send('/v1/sessions', { code });
    },
  },
  {
    what: 'a revocation',
    table: 'grants',
    status: 200,
    make: async () => {
      const { grant } = await collectedRefund(stage);
      return () => stage.caller('ops-cli').post(`/v1/grants/${grant}/revoke`, { reason: 'Drill.' });
    },
  },
  {
    what: 'an assertion, which a statement alone writes',
    table: 'assertion_uses',
    status: 200,
    make: async () => () => stage.caller('auditor-tool').get('/v1/audit/events'),
  },
  {
    what: 'a comment',
    table: 'comments',
    status: 201,
    make: async () => {
      const { id } = created(await stage.caller('support-bot').ask(refundAsk(`talk-${(turns += 1)}`)), 202);
      const bob = await stage.person('bob');
      return () => bob.send('POST', `/v1/escalations/${id}/comments`, { text: 'Which order?' });
    },
  },
];

describe('when the server has undone a transaction because of others', () => {
  it.each(VERBS.flatMap((verb) => ['40P01', '40001'].map((code) => ({ code, ...verb }))))(
    '$what is run again ($code) and happens once',
    async ({ code, table, status, make, once }) => {
      const call = await make();
      const end = await failWrites(stage.world, table, code, 2);
      const given = await call().finally(end);
      expect(given).toMatchObject({ status });
      if (once !== undefined) expect(await once()).toBe(1);
    },
  );

  it.each(VERBS)('$what is not run for ever: who asked is told to come again', async ({ table, make }) => {
    const call = await make();
    const end = await failWrites(stage.world, table, '40P01', 1_000);
    const given = await call().finally(end);
    expect(refusal(given)).toBe(true);
  });
});

/** It is not there now, in the words of the surface. */
function refusal({ status, headers, body }: Answer): boolean {
  const said = (body as { error?: string; type?: string } | null) ?? {};
  const worded = said.error === 'temporarily_unavailable' || said.type === 'urn:writ:problem:unavailable';
  return status === 503 && Number(headers.get('retry-after')) >= 1 && worded;
}

describe('when the database cannot serve', () => {
  /** Connection, credentials, no such database, room, state, operator, system, its own failure. */
  const CODES = ['08006', '28P01', '3D000', '53100', '53300', '55000', '55006', '57P01', '57P03', '58030', 'XX000'];

  it.each(CODES)('whoever calls is told to come again: %s', async (code) => {
    for (const { table, make, status } of VERBS.slice(0, 5)) {
      const call = await make();
      const end = await failWrites(stage.world, table, code, 1_000);
      expect(refusal(await call().finally(end))).toBe(true);
      const again = await make();
      expect((await patiently(again)).status).toBe(status);
    }
  });

  it('a fault of ours is still told as one', async () => {
    const end = await failWrites(stage.world, 'escalations', '22012', 1_000);
    const given = await stage.caller('support-bot').ask(refundAsk('ours')).finally(end);
    expect(given.status).toBe(500);
  });

  it('a demoted primary reads, is not ready, and writes again once it may', async () => {
    const { pool } = stage.world.database;
    const name = new URL(stage.world.database.url).pathname.slice(1);
    const { token } = await collectedRefund(stage, { max_uses: 5 });
    const calls = await Promise.all(VERBS.slice(0, 5).map(({ make }) => make()));
    await pool.query(`alter database "${name}" set default_transaction_read_only = on`);
    try {
      await endSessions(stage.world);
      await until('it is not ready', async () => (await ready()) === 503, 10_000);
      for (const call of calls) expect(refusal(await call())).toBe(true);
      expect(refusal(await use(token))).toBe(true);
      expect(await probe('/healthz')).toBe(200);
      expect(await probe('/oauth/jwks')).toBe(200);
    } finally {
      // A connection that the pool opened meanwhile only reads too, unless it is told otherwise.
      await pool.query(`begin read write; alter database "${name}" reset default_transaction_read_only; commit`);
    }
    // No connection from before is left in use, though nobody ended one.
    await until('it is ready', async () => (await ready()) === 200, 10_000);
    for (let turn = 0; turn < 25; turn += 1)
      expect((await stage.caller('support-bot').ask(refundAsk(`well-${(turns += 1)}`))).status).toBe(202);
  }, 60_000);

  it('in the log that is a line, and no crash', () => {
    const lines = stage.broker.logged.filter((line) => line.includes('the store cannot serve'));
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(stage.broker.logged.filter((line) => line.includes('a request crashed'))).toHaveLength(1);
  });
});

describe('when the schema changes under traffic', () => {
  it.each([
    ['escalations', 'agent_id'],
    ['agents', 'owner'],
    ['sessions', 'mac'],
    ['signing_keys', 'alg'],
  ])('plans that have outlived it are made anew: %s.%s', async (table, column) => {
    const { pool } = stage.world.database;
    const everybody = (): Promise<Answer>[] => [
      ...Array.from({ length: 12 }, () => stage.caller('support-bot').ask(refundAsk(`type-${(turns += 1)}`))),
      ...Array.from({ length: 12 }, async () => (await stage.person('bob')).send('GET', '/v1/inbox')),
    ];
    await Promise.all(everybody());
    const { rows } = await pool.query<{ type: string }>(
      `select format_type(atttypid, atttypmod) as "type" from pg_attribute where attrelid = $1::regclass and attname = $2`,
      [`"${table}"`, column],
    );
    await pool.query(`alter table "${table}" alter column "${column}" type varchar(200)`);
    try {
      const given = (await Promise.all(everybody())).map(({ status, body }) => (status < 300 ? status : body));
      expect([...new Set(given)].sort()).toEqual([200, 202]);
      const { code } = await approvedRefund(stage);
      expect((await stage.caller('support-bot').redeem(code)).status).toBe(200);
    } finally {
      await pool.query(`alter table "${table}" alter column "${column}" type ${rows[0]?.type ?? 'text'}`);
    }
  });
});
