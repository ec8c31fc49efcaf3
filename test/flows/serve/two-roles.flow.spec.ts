import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createPool } from '#persistence/connection/pool.js';
import { PostgresHistoryComparison } from '#persistence/watch/postgres-history-comparison.js';
import { PostgresListener } from '#persistence/deliver/postgres-listener.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { Caller, readAsk, refundAsk } from '../../harness/actors/agent.js';
import { startTestBroker, type Broker } from '../../harness/brokers/broker.js';
import { journalOf } from '../../harness/world/journal.js';
import { startHookReceiver, type HookReceiver } from '../../harness/actors/notice-places.js';
import { SlackDriver } from '../../harness/actors/person.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { created } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, makeWorld, type World } from '../../harness/world/world.js';

let world: World;
let broker: Broker;
let runtimeUrl: string;
let hooks: HookReceiver;
const role = `writ_app_${process.pid}`;
/** It names an agent that the configuration does not have. */
const ODD = '@id("no-ghosts") forbid (principal == Writ::Agent::"ghost", action, resource);';

beforeAll(async () => {
  hooks = await startHookReceiver();
  world = await makeWorld((config) => {
    Object.assign(config.groups.find((group) => group['id'] === 'oncall') ?? {}, { notify: [{ webhook: hooks.url }] });
  }, `${BASE_POLICIES}\n${ODD}`);
  await world.database.pool.query(`create role ${role} login password 'app'`);
  const url = new URL(world.database.url);
  url.username = role;
  url.password = 'app';
  runtimeUrl = url.href;
  broker = await startTestBroker(world, {
    extra: { DATABASE_URL: runtimeUrl, WRIT_MIGRATE_DATABASE_URL: world.database.url },
  });
});
afterAll(async () => {
  await broker.close();
  await hooks.close();
  await world.database.pool.query(`drop owned by ${role}`);
  await world.database.pool.query(`drop role ${role}`);
  await world.remove();
});

describe('a broker whose role owns no table', () => {
  it('serves the whole loop with data rights alone', async () => {
    const agent = new Caller(world, broker.issuer, 'support-bot');
    const asked = await agent.ask(readAsk());
    expect(asked.status).toBe(201);
    const redeemed = await agent.redeem(asked.body.continuation.deferral_code as string);
    expect(redeemed.status).toBe(200);
    expect((await agent.post(`/v1/grants/${redeemed.body.grant_id}/complete`, { outcome: 'succeeded' })).status).toBe(
      200,
    );
  });

  it('has a person decide in Slack, ends what was granted in its time, and tells whoever is to be told', async () => {
    const agent = new Caller(world, broker.issuer, 'support-bot');
    const slack = new SlackDriver(broker);
    const { id, continuation } = created(await agent.ask(refundAsk('two', { requested_ttl: 2 })), 202);
    const { ts } = await slack.card(id);
    expect(await slack.click('U0002', ts, 'writ_approve')).toMatchObject({ ok: true });
    await until('it is approved', async () => (await agent.get(`/v1/escalations/${id}`)).body.status === 'approved');
    const redeemed = await agent.redeem(continuation.deferral_code);
    expect(redeemed.status).toBe(200);
    await until(
      'its end is written',
      async () =>
        (
          await world.database.pool.query(
            `select 1 from "grants" where "escalation_id" = $1 and "status" = 'expired'`,
            [id],
          )
        ).rows.length === 1,
    );
    await until('the card says so', async () =>
      (await slack.cardsOf(id)).every((card) => !JSON.stringify(card.blocks).includes('"actions"')),
    );
    await until('the webhook has heard of both', () =>
      ['asked', 'approved'].every((kind) =>
        hooks.deliveries.some(({ body }) => body.includes(id) && body.includes(`"${kind}"`)),
      ),
    );
    expect((await fetch(`${broker.issuer}/readyz`)).status).toBe(200);
    expect(broker.logged.filter((line) => line.includes('is failing'))).toEqual([]);
  });

  it('tells every process of what policy allows', async () => {
    const heard: string[] = [];
    let open = false;
    const feed = new PostgresListener(runtimeUrl);
    feed.open({ listening: () => (open = true), heard: (ids) => heard.push(...ids), lost: () => undefined });
    try {
      await until('it listens', () => open);
      const { body } = await new Caller(world, broker.issuer, 'support-bot').ask(readAsk());
      await until('the grant is told', () => heard.includes(body.id as string));
    } finally {
      await feed.close();
    }
  });

  it.each([
    'update "votes" set "verdict" = \'approve\'',
    'delete from "events"',
    'update "events" set "mac" = \'\'',
    'delete from "audit_entries"',
    'select * from "events_default"',
    'truncate "token_uses"',
    'delete from "grants"',
    'alter table "grants" disable trigger "grants_lifecycle"',
    "insert into \"grant_transitions\" values ('expired', 'activated', 'active')",
  ])('may not %s', async (statement) => {
    const client = new pg.Client({ connectionString: runtimeUrl });
    await client.connect();
    await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });
});

describe('the watch over the history', () => {
  it('needs no more than the serving role, which can invent nothing that it does not find', async () => {
    const pool = createPool(runtimeUrl, { max: 2 });
    try {
      await pool.query(
        `insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "data") values ('evt_invented', now(), 'agent.resumed', 'person', 'olga', '{}')`,
      );
      const seals = new MasterKeySeals(Buffer.from(world.masterKey, 'base64'));
      const { store } = useCasesOf(world, pool);
      const watch = new PostgresHistoryComparison(pool, journalOf(world), seals, store);
      expect(await watch.compare()).toEqual([{ eventId: 'evt_invented', fault: 'no_entry' }]);
      expect(await watch.compare()).toEqual([]);
      const auditor = new Caller(world, broker.issuer, 'auditor-tool');
      expect(JSON.stringify((await auditor.get('/v1/audit/events?type=agent.resumed')).body.items)).toBe('[]');
      await expect(pool.query('delete from "history_faults"')).rejects.toMatchObject({ code: '42501' });
      await expect(
        pool.query('alter table "audit_entries" drop constraint "audit_entries_sealed"'),
      ).rejects.toMatchObject({
        code: '42501',
      });
      await expect(
        pool.query(
          `insert into "audit_entries" ("event_id", "at", "type", "leaf", "leaf_hash") values ('evt_invented', now(), 'agent.resumed', '', '')`,
        ),
      ).rejects.toMatchObject({ code: '23514' });
    } finally {
      await pool.end();
    }
  });
});

describe('what an operator should know of the start', () => {
  const lines = (from: Broker): Record<string, unknown>[] =>
    from.logged.map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is in the log: a policy that names an agent which is not configured', () => {
    expect(lines(broker)).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'a policy is odd',
        odd: expect.stringMatching(/policy "no-ghosts": names agent "ghost", which is not configured$/),
      }),
    );
  });

  it('is in the log: that Slack is off', async () => {
    const off = expect.objectContaining({ level: 'info', message: expect.stringMatching(/^Slack is off/) });
    const without = await startTestBroker(world, { slackOff: true, roles: 'api', extra: { DATABASE_URL: runtimeUrl } });
    await without.close();
    expect(lines(without)).toContainEqual(off);
    expect(lines(broker)).not.toContainEqual(off);
  });
});

describe('a broker that is given the serving role alone', () => {
  it('starts on tables that their owner has made ready', async () => {
    const second = await startTestBroker(world, { extra: { DATABASE_URL: runtimeUrl } });
    const asked = await new Caller(world, second.issuer, 'support-bot').ask(readAsk());
    await second.close();
    expect(asked.status).toBe(201);
  });

  it.each([
    ['a sequence of the queue is missing', 'drop sequence bullmq.SEQUENCE', /may not use \S+: .*npx writ migrate/],
    [
      'it may not use one',
      `revoke all on sequence bullmq.SEQUENCE from ${role}`,
      /may not use \S+: .*npx writ migrate/,
    ],
    [
      'temporary tables are not for everybody',
      `revoke temporary on database DATABASE from public, ${role}`,
      /may not use temporary tables: .*npx writ migrate/,
    ],
  ])('says what is missing when %s, and the owner gives it at the next start', async (_what, take, words) => {
    const { pool } = world.database;
    const { rows } = await pool.query<{ database: string; sequence: string }>(
      `select quote_ident(current_database()) as "database", quote_ident(bullmq.job_id_seq_name('cards')) as "sequence"`,
    );
    const { database = '', sequence = '' } = rows[0] ?? {};
    await pool.query(take.replace('DATABASE', database).replace('SEQUENCE', sequence));
    await expect(startTestBroker(world, { extra: { DATABASE_URL: runtimeUrl } })).rejects.toThrow(words);
    const owner = { DATABASE_URL: runtimeUrl, WRIT_MIGRATE_DATABASE_URL: world.database.url };
    const again = await startTestBroker(world, { extra: owner });
    await again.close();
    const alone = await startTestBroker(world, { extra: { DATABASE_URL: runtimeUrl } });
    await alone.close();
  });
});
