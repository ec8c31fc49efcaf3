import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../actors/agent.js';
import type { Broker } from '../brokers/broker.js';
import { brokenInvariants, settledCards, unsettled } from './invariants.js';
import { canBeSeated } from './approvals.js';
import { untrueCards } from './cards.js';
import { stillActive } from './ended-tokens.js';
import { leaks } from './leaks.js';
import type { Card } from '../actors/person.js';
import { collectedRefund, created, setStage, type Collected, type Stage } from '../world/stage.js';
import { throwSwitch } from '../brokers/kill.js';
import { asSuperuser } from '../world/superuser.js';

/** A sound world whose broker has ended, so that nothing mends what is falsified here. */
let stage: Stage;
let held: Collected;
let messages: Card[];
let waiting: string;

beforeAll(async () => {
  stage = await setStage();
  const agent = stage.caller('support-bot');
  held = await collectedRefund(stage, {}, 'support-bot', { afterCard: true });
  const renewed = await agent.renew(held.token);
  expect(renewed.status).toBe(200);
  waiting = created(await agent.ask(refundAsk('9')), 202).id;
  await stage.slack.card(waiting);
  await settledCards(stage.world, stage.broker);
  messages = await stage.slack.messages();
  await stage.broker.close();
}, 60_000);
afterAll(() => stage?.world.remove());

/** Sets a column of a row to what it never held, asks, and sets it back. */
async function falsified(
  [table, key, id]: readonly [table: string, key: string, id: string],
  column: string,
  to: string,
  ask: () => Promise<readonly string[]>,
): Promise<string> {
  const { world } = stage;
  const { rows } = await world.database.pool.query<{ was: string | null }>(
    `select "${column}"::text as "was" from "${table}" where "${key}" = $1`,
    [id],
  );
  await asSuperuser(world, `update "${table}" set "${column}" = ${to} where "${key}" = $1`, [id]);
  try {
    return (await ask()).join('\n');
  } finally {
    await asSuperuser(world, `update "${table}" set "${column}" = $2 where "${key}" = $1`, [id, rows[0]?.was]);
  }
}

const asked = (): Promise<string[]> => brokenInvariants(stage.world);
const left = (): Promise<string[]> => unsettled(stage.world);
const drawn = (): Promise<string[]> => untrueCards(stage.world, messages);
const row = async (query: string): Promise<string> =>
  (await stage.world.database.pool.query<{ id: string }>(query, [held.id])).rows[0]?.id as string;

it('a sound world breaks nothing, and nothing is left to follow', async () => {
  expect([await asked(), await left(), await drawn()]).toEqual([[], [], []]);
});

describe('a live token', () => {
  const UNAPPROVED = 'a live token belongs to an approved request';

  it('is broken when its approver was ended, or cannot sit for each gate', async () => {
    const { world } = stage;
    await throwSwitch(world, 'approver', 'bob');
    expect((await asked()).join()).toContain(UNAPPROVED);
    expect((await left()).join()).toContain('nothing is open that a suspension, silence, a key, a switch or a restore');
    await asSuperuser(world, `delete from "kill_switches"`, []);
    const gates = (given: string): string => `jsonb_set("policy"::jsonb, '{gates}', '${given}')`;
    const of = ['escalations', 'id', held.id] as const;
    expect(await falsified(of, 'policy', gates('[{"group":"security","quorum":1}]'), asked)).toContain(UNAPPROVED);
    expect(await falsified(of, 'policy', gates('[{"group":"oncall","quorum":1}]'), asked)).not.toContain(UNAPPROVED);
    expect(await falsified(of, 'request', `"request" || '{"chain":[{"sub":"user:bob"}]}'`, asked)).toContain(
      UNAPPROVED,
    );
  });

  it('needs somebody for each seat of each gate, and each of them once', () => {
    const gates = [
      { group: 'oncall', quorum: 1, deputy: 'leads' },
      { group: 'security', quorum: 1 },
    ];
    const of = (late: boolean, ...groups: string[]) => ({ groups, late });
    expect(canBeSeated(gates, [of(false, 'oncall'), of(false, 'oncall')])).toBe(false);
    expect(canBeSeated(gates, [of(false, 'oncall', 'security')])).toBe(false);
    expect(canBeSeated(gates, [of(false, 'oncall', 'security'), of(false, 'oncall')])).toBe(true);
    expect(canBeSeated(gates, [of(false, 'security'), of(false, 'leads')])).toBe(false);
    expect(canBeSeated(gates, [of(false, 'security'), of(true, 'leads')])).toBe(true);
    expect(canBeSeated([], [of(true, 'oncall')])).toBe(false);
  });
});

describe('the history', () => {
  it.each([
    ['data', `"data" || '{"forged":true}'`],
    ['actor_id', `'mallory'`],
    ['at', `"at" + interval '1 second'`],
  ])('is broken when %s is not what its seal covers', async (column, to) => {
    const event = await row(`select "id" from "events" where "escalation_id" = $1 and "type" = 'vote.recorded'`);
    expect(await falsified(['events', 'id', event], column, to, asked)).toContain('does not say what its seal covers');
  });

  it('is broken when an event bears another seal', async () => {
    const event = await row(`select "id" from "events" where "escalation_id" = $1 limit 1`);
    const of = ['events', 'id', event] as const;
    expect(await falsified(of, 'mac', `md5("mac")`, asked)).toContain('does not say what its seal covers');
  });
});

describe('what was shown', () => {
  const SHOWN = 'what was shown is what was voted on';

  it.each(['slack_cards', 'votes', 'grants'])('is not what is in %s', async (table) => {
    const of = [table, 'escalation_id', held.id] as const;
    expect(await falsified(of, 'digest', `'sha256:0'`, asked)).toContain(SHOWN);
  });

  it('is broken by what is not there at all', async () => {
    const jti = await row(`select t."jti" as "id" from "tokens" t, "grants" g where g."escalation_id" = $1 limit 1`);
    expect(await falsified(['tokens', 'jti', jti], 'claims', `"claims" - 'grant_digest'`, asked)).toContain(SHOWN);
  });
});

describe('a time', () => {
  const CLOCK = 'every time that a process wrote is that of the database';

  it.each([
    ['a vote', 'votes', 'at', `select "id" from "votes" where "escalation_id" = $1`],
    [
      'a mint',
      'tokens',
      'minted_at',
      `select t."jti" as "id" from "tokens" t, "grants" g where g."escalation_id" = $1`,
    ],
    ['an event', 'events', 'at', `select "id" from "events" where "escalation_id" = $1 and "type" = 'grant.activated'`],
  ])('of %s is broken when another clock wrote it', async (_what, table, column, query) => {
    const of = [table, table === 'tokens' ? 'jti' : 'id', await row(query)] as const;
    for (const shift of ['+', '-'])
      expect(await falsified(of, column, `"${column}" ${shift} interval '1 hour'`, asked)).toContain(CLOCK);
  });
});

it('who was asked for a grant is broken when the grant says otherwise', async () => {
  const of = ['grants', 'escalation_id', held.id] as const;
  expect(await falsified(of, 'people_asked', 'false', asked)).toContain('people were asked just where policy wanted');
});

describe('what has to follow', () => {
  it('has not while a job is handed over and never done', async () => {
    const seq = await row(
      `select "seq"::text as "id" from "outbox" where "payload" ->> 'id' = $1 and "topic" = 'card.publish'`,
    );
    expect(await falsified(['outbox', 'seq', seq], 'done_at', 'null', left)).toContain('what was handed over is done');
  });

  it('has not while a grant is open that has been silent, or whose agent was suspended', async () => {
    const ENDED = 'nothing is open that a suspension, silence';
    const silent = `"activated_at" - interval '1 day'`;
    await asSuperuser(stage.world, `update "grants" set "heartbeat_seconds" = 60 where "id" = $1`, [held.grant]);
    expect(await falsified(['grants', 'id', held.grant], 'activated_at', silent, left)).toContain(ENDED);
    await asSuperuser(stage.world, `update "grants" set "heartbeat_seconds" = null where "id" = $1`, [held.grant]);
    const told = await falsified(['agents', 'id', 'support-bot'], 'not_before', 'clock_timestamp()', left);
    expect(told).toContain(ENDED);
    expect(told).toContain(held.grant);
    expect(told).toContain(waiting);
  });
});

describe('a card in Slack', () => {
  /** With this instead of that in the message of a request. */
  const redrawn = (id: string, from: string, to: string): Promise<string[]> =>
    untrueCards(
      stage.world,
      messages.map((message) =>
        JSON.stringify(message).includes(id)
          ? (JSON.parse(JSON.stringify(message).replaceAll(from, to)) as Card)
          : message,
      ),
    );

  it('is untrue with another headline, grant or digest, and when it is gone', async () => {
    expect((await redrawn(held.id, 'Approved ·', 'Denied ·')).join()).toContain('says "Denied · HIGH" and not');
    expect(await redrawn(held.id, 'Grant: active', 'Grant: ready')).toHaveLength(1);
    expect(await redrawn(held.id, '"writ_revoke"', '"writ_console"')).toHaveLength(1);
    expect(await redrawn(held.id, 'digest ', 'digest 0')).toHaveLength(1);
    expect(await untrueCards(stage.world, [])).toHaveLength(2);
  });

  it('is untrue without buttons while people decide, and with an old count or an old vote', async () => {
    expect((await redrawn(waiting, '"writ_deny"', '"writ_console"')).join()).toContain('cannot be decided');
    expect(await redrawn(waiting, 'This agent lately', '3 identical requests wait behind this one')).toHaveLength(1);
    expect(await redrawn(waiting, '*This agent lately*', '*Votes so far*')).toHaveLength(1);
  });

  it('is untrue with buttons once it is decided, also as a copy that is not on record', async () => {
    const card = messages.find((message) => JSON.stringify(message).includes(waiting)) as Card;
    const copy = JSON.parse(JSON.stringify({ ...card, ts: '1.0' }).replaceAll(waiting, held.id)) as Card;
    expect((await untrueCards(stage.world, [...messages, copy])).join()).toContain('which is decided, has buttons');
  });
});

describe('a counter', () => {
  it('is broken when it is another number than its rows, open or over', async () => {
    const client = await stage.world.database.pool.connect();
    try {
      for (const falsely of [
        'update "agent_counters" set "open_grants" = "open_grants" + 1',
        'update "agent_tallies" set "upto" = "upto" + 1',
      ]) {
        await client.query(`set "writ.counters" = 'kept'`);
        await client.query(falsely);
        await client.query('reset "writ.counters"');
        expect((await asked()).join()).toContain('the counters of every agent say what its rows say');
        await client.query('select mend_agent_counters("uid") from "agents"');
        expect((await asked()).join()).not.toContain('the counters of every agent say what its rows say');
      }
    } finally {
      client.release();
    }
  });
});

describe('a secret', () => {
  const where = (logged: string, told: unknown = []): Promise<string[]> =>
    leaks(stage.world, [
      { ...stage.broker, logged: [] },
      { ...stage.broker, worksOnly: true, logged: [logged], slack: { ...stage.broker.slack, journal: () => told } },
    ] as Broker[]);
  const url = 'http://127.0.0.1:1/actions/T0001/1700000000000/AAAAAAAAAAAAAAAAAAAAAAAA';

  it('is found in the log of whichever process, in what Slack was told and in every table', async () => {
    expect(await where('nothing')).toEqual([]);
    expect(await where(held.token)).toEqual(['a token was logged']);
    expect(await where(url)).toEqual(['a response_url was logged']);
    expect(await where('', [{ args: { text: stage.world.masterKey } }])).toEqual(['the master key was told to Slack']);
    const of = ['escalations', 'id', held.id] as const;
    const stored = await falsified(of, 'resource', `'${held.token}'`, () => where(''));
    expect(stored).toBe('a token is stored in public.escalations');
  });
});

describe('a token that has ended', () => {
  let server: Server;
  let said: readonly [status: number, body: string];
  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(said[0], { 'content-type': 'application/json' }).end(said[1]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    [200, '{"active":false}', 0],
    [200, '{"active":true}', 1],
    [200, '{}', 1],
    [404, '{}', 1],
    [500, '{"active":false}', 1],
  ])('answered %s %s is found so often: %s', async (status, body, times) => {
    said = [status, body];
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await stillActive(stage.world, [{ ...stage.broker, base }])).toHaveLength(times);
    expect(await stillActive(stage.world, [{ ...stage.broker, base, worksOnly: true }])).toEqual([]);
  });
});
