import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultyEvent } from '#escalations/watch/watch-history.js';
import type { DatabasePool } from '#persistence/connection/pool.js';
import { PostgresHistoryComparison } from '#persistence/watch/postgres-history-comparison.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { journalOf } from '../../harness/world/journal.js';
import { approvedRefund, setStage, type Approved, type Stage } from '../../harness/world/stage.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import { until } from '../../harness/judges/until.js';
import type { World } from '../../harness/world/world.js';

let stage: Stage;
let held: Approved;
let made = 0;

beforeAll(async () => {
  stage = await setStage();
  held = await approvedRefund(stage, {}, 'support-bot', { afterCard: true });
});
afterAll(() => stage.close());

const sealsOf = (world: World): MasterKeySeals => new MasterKeySeals(Buffer.from(world.masterKey, 'base64'));

/** The watch as a worker holds it. */
function watch(world = stage.world): PostgresHistoryComparison {
  const pool = world.database.pool as DatabasePool;
  const { store } = useCasesOf(world, pool);
  return new PostgresHistoryComparison(pool, journalOf(world), sealsOf(world), store);
}

/** Both passes over what is there by now: of the new rows those are read that the pass before saw given out. */
async function found(world = stage.world): Promise<readonly FaultyEvent[]> {
  return [...(await watch(world).compare()), ...(await watch(world).compare())];
}

interface Invented {
  readonly id: string;
  /** As `events` would have it. */
  readonly type?: string;
  readonly data?: string;
  readonly at?: string;
  readonly seq?: string;
  readonly mac?: string;
}

const nextId = (): string => `evt_0000000000000000000000${String((made += 1)).padStart(4, '0')}`;

/** What whoever has the serving role's rights may add to the history. */
async function inventEvent({
  id,
  type = 'token.minted',
  data = '{}',
  at = '2026-11-30T12:00:00Z',
  seq,
  mac,
}: Invented) {
  await stage.world.database.pool.query(
    `insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "escalation_id", "grant_id", "agent_id", "data", "mac"${seq === undefined ? '' : ', "seq"'})
     values ($1, $2, $3, 'person', 'carol', $4, $5, 'support-bot', $6, $7${seq === undefined ? '' : `, ${seq}`})`,
    [id, at, type, held.id, held.grant, data, mac ?? null],
  );
}

/** A seal of nobody. */
const FORGED = 'A'.repeat(43);

/** Whether an event is shown anywhere that tells the history of `held`. */
async function shows(id: string): Promise<boolean> {
  const auditor = stage.caller('auditor-tool');
  const pages = await Promise.all([
    auditor.get(`/v1/grants/${held.grant}`),
    auditor.get('/v1/audit/events?limit=200'),
    auditor.get(`/v1/audit/events?escalation=${held.id}&limit=200`),
    (await stage.person('bob')).send('GET', `/v1/escalations/${held.id}/context`),
  ]);
  for (const page of pages) expect(page.status).toBe(200);
  // What was found false is named in its `seal.broken`, as data.
  return JSON.stringify(pages.map((page) => page.body)).includes(`"id":"${id}","at"`);
}

describe('an event that nobody of ours wrote', () => {
  it.each<[string, (id: string) => Promise<void>]>([
    ['without a seal', (id) => inventEvent({ id })],
    ['under a made-up seal', (id) => inventEvent({ id, mac: FORGED })],
    [
      'under the seal of another',
      async (id) => {
        const { rows } = await stage.world.database.pool.query<{ mac: string }>(
          `select "mac" from "events" where "mac" is not null limit 1`,
        );
        await inventEvent({ id, mac: rows[0]!.mac });
      },
    ],
    [
      'that says what another says, under its seal',
      async (id) => {
        const { rows } = await stage.world.database.pool.query<{ id: string }>(
          `insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "escalation_id", "grant_id", "agent_id", "data", "mac")
           select $1, "at", "type", "actor_kind", "actor_id", "escalation_id", "grant_id", "agent_id", "data", "mac"
           from "events" where "escalation_id" = $2 and "mac" is not null order by "seq" limit 1 returning "id"`,
          [id, held.id],
        );
        expect(rows).toHaveLength(1);
      },
    ],
    ['with a number past a double', (id) => inventEvent({ id, data: '{"n": 1e400}', mac: FORGED })],
    ['at the end of time', (id) => inventEvent({ id, at: 'infinity', mac: FORGED })],
    ['before all time', (id) => inventEvent({ id, at: '-infinity', mac: FORGED })],
    ['before all others', (id) => inventEvent({ id, seq: '-5', mac: FORGED })],
    ['after all others', (id) => inventEvent({ id, seq: '9000000000000000000', mac: FORGED })],
  ])('%s is shown by nobody, found, and told once', async (_how, invent) => {
    const id = nextId();
    await invent(id);
    expect(await shows(id)).toBe(false);
    expect((await found()).filter(({ eventId }) => eventId === id)).toHaveLength(1);
    expect(await found()).toEqual([]);
    const { body } = await stage.caller('auditor-tool').get('/v1/audit/events?type=seal.broken&limit=200');
    const told = (body.items as { data: unknown }[]).filter(({ data }) => (data as { id: string }).id === id);
    expect(told).toEqual([expect.objectContaining({ actor: { kind: 'system', id: 'writ' } })]);
  });

  it('does not keep a page from being full, nor the next from being found', async () => {
    const before = await stage.caller('auditor-tool').get('/v1/audit/events?limit=3');
    for (let n = 0; n < 8; n += 1) await inventEvent({ id: nextId(), mac: FORGED });
    const after = await stage.caller('auditor-tool').get('/v1/audit/events?limit=3');
    expect(after.body.items).toEqual(before.body.items);
    expect(after.body.next_cursor).not.toBeNull();
  });

  it('says nothing in a thread, and is no outcome of a grant', async () => {
    const types = ['grant.completed', 'grant.outcome_reported', 'grant.revoked'];
    for (const type of types) await inventEvent({ id: nextId(), type, data: '{"outcome": "succeeded"}' });
    const agent = stage.caller('support-bot');
    await agent.redeem(held.code);
    const done = { outcome: 'failed', summary: 'it broke' };
    expect((await agent.post(`/v1/grants/${held.grant}/complete`, done)).status).toBe(200);
    await until('the true end is in the thread', async () => {
      const { rows } = await stage.world.database.pool.query<{ n: number }>(
        `select count(*)::int as "n" from "slack_thread_lines" l join "events" e on e."id" = l."event_id"
         where e."escalation_id" = $1 and e."type" = 'grant.completed'`,
        [held.id],
      );
      return rows[0]?.n === 1;
    });
    const { rows } = await stage.world.database.pool.query(
      `select 1 from "slack_thread_lines" where "event_id" like 'evt_00000000000000000000000%'`,
    );
    expect(rows).toEqual([]);
  });
});

describe('what was sealed', () => {
  it('stands there once: no copy of it can be added', async () => {
    const copy = `insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "escalation_id", "grant_id", "agent_id", "data", "mac")
      select "id", "at" + $2::interval, "type", "actor_kind", "actor_id", "escalation_id", "grant_id", "agent_id", "data", "mac"
      from "events" where "escalation_id" = $1 and "mac" is not null`;
    for (const apart of ['0', '1 microsecond'])
      await expect(stage.world.database.pool.query(copy, [held.id, apart])).rejects.toMatchObject({ code: '23505' });
  });

  const anEvent = async (): Promise<string> => {
    const { rows } = await stage.world.database.pool.query<{ id: string }>(
      `select "id" from "events" where "escalation_id" = $1 and "type" = 'escalation.approved'`,
      [held.id],
    );
    return rows[0]!.id;
  };

  it('as an entry of the version before, but never came as an event, is found', async () => {
    const id = nextId();
    await stage.world.database.pool.query(
      `insert into "audit_entries" ("event_id", "at", "type", "leaf", "leaf_hash", "mac") values ($1, now(), 'token.minted', '{}', '', $2)`,
      [id, FORGED],
    );
    expect(await found()).toContainEqual({ eventId: id, fault: 'no_event' });
  });

  it.each([
    ['another person', `"actor_id" = 'dave'`],
    ['another kind of person', `"actor_kind" = 'agent'`],
    ['another instant', `"at" = "at" - interval '1 hour'`],
    ['another type', `"type" = 'escalation.denied'`],
    ['other data', `"data" = '{"by": "dave"}'`],
    ['another agent', `"agent_id" = 'rival-bot'`],
    ['another grant', `"grant_id" = 'grt_other'`],
    ['another seal', `"mac" = md5("mac")`],
    ['no seal', `"mac" = null`],
    ['an empty seal', `"mac" = ''`],
  ])('is found when it is rewritten to say %s, and not shown until it is as it was', async (_what, change) => {
    const id = await anEvent();
    const kept = await stage.world.database.pool.query<Record<string, unknown>>(
      `select * from "events" where "id" = $1`,
      [id],
    );
    await asSuperuser(stage.world, `delete from "history_faults"`, []).catch(() => undefined);
    await asSuperuser(stage.world, `update "events" set ${change} where "id" = $1`, [id]);
    expect(await shows(id)).toBe(false);
    expect((await found()).map(({ eventId }) => eventId)).toContain(id);
    const [row] = kept.rows;
    const column = /^"(\w+)"/.exec(change)![1]!;
    await asSuperuser(stage.world, `update "events" set "${column}" = $2 where "id" = $1`, [id, row![column]]);
    expect(await shows(id)).toBe(true);
  });
});

describe('the watch', () => {
  it('is kept by the workers: in the log, the metrics and the history, once', async () => {
    const id = nextId();
    await inventEvent({ id });
    const lines = (): string[] =>
      stage.broker.logged.filter((line) => line.includes(id) && line.includes('an event is not what was sealed'));
    await until('a worker has told', () => lines().length === 1, 90_000);
    const metrics = await (await fetch(`${stage.broker.base}/metrics`)).text();
    expect(metrics).toMatch(/^writ_history_faults_total\{fault="no_entry"\} [1-9]/m);
    await until('another run is over', async () => (await watch().compare()).length === 0);
    expect(lines()).toHaveLength(1);
  }, 120_000);

  it('is led past nothing by marks and findings that others wrote', async () => {
    const id = nextId();
    await inventEvent({ id });
    const { pool } = stage.world.database;
    await pool.query(`insert into "history_faults" ("event_id", "fault", "mac") values ($1, 'no_entry', 'x')`, [id]);
    for (const scan of ['events:all', 'events:new', 'events:seen'])
      await pool.query(
        `insert into "history_marks" values ($1, 1000000, 'x') on conflict ("scan") do update set "seq" = 1000000, "mac" = 'x'`,
        [scan],
      );
    expect(await found()).toContainEqual({ eventId: id, fault: 'no_entry' });
  });

  it('tells of many faults a part at a time, and comes to their end', async () => {
    const { pool } = stage.world.database;
    await pool.query(
      `insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "data")
       select 'evt_long' || g, now(), 'token.used', 'system', 'x', '{}' from generate_series(1, 2500) g`,
    );
    const told = new Set<string>();
    await until(
      'all are told',
      async () => {
        for (const { eventId } of await watch().compare()) told.add(eventId);
        return told.size >= 2_500;
      },
      120_000,
    );
  }, 150_000);
});
