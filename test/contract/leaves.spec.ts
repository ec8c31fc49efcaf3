import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { auditLeaf, leafHash, type AuditFact } from '#audit/entry.js';
import { migrate } from '#persistence/schema/migrate.js';
import { sealExistingHistory } from '#persistence/seals/seal-history.js';
import { MasterKeySeals } from '#tokens/master-key-seals.js';
import { refusalOf } from './lifecycle-rows.js';

const MIGRATIONS = join(process.cwd(), 'prisma', 'migrations');
const LEAVES = '20261130131000_leaves';
const seals = new MasterKeySeals(randomBytes(32));
const server = process.env['WRIT_TEST_SERVER_URL'] ?? '';

/** The statement with which the version before writes events and their entries. */
const BEFORE = `with given as materialized (
    select * from json_to_recordset($1::json) as r("id" text, "at" timestamptz, "type" text, "actor_kind" text, "actor_id" text,
      "escalation" text, "grant" text, "agent" text, "data" jsonb, "leaf" text, "leaf_hash" text, "mac" text, "position" int)),
  told as (
    insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "escalation_id", "grant_id", "agent_id", "data")
    select "id", "at", "type", "actor_kind", "actor_id", "escalation", "grant", "agent", "data" from given order by "position")
  insert into "audit_entries" ("event_id", "at", "type", "leaf", "leaf_hash", "mac")
  select "id", "at", "type", "leaf", decode("leaf_hash", 'hex'), "mac" from given order by "position"`;

let folder: string;
let database: pg.Pool;
let url: string;
let made = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-leaves-'));
  for (const name of readdirSync(MIGRATIONS).filter((one) => one < LEAVES || !/^\d/.test(one)))
    cpSync(join(MIGRATIONS, name), join(folder, name), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  const name = `writ_leaves_${process.pid}_${(made += 1)}`;
  await onServer(`create database ${name}`);
  url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  database = new pg.Pool({ connectionString: url, max: 3 });
  database.on('error', () => undefined);
});
afterEach(async () => {
  await database.end();
  await onServer(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
});

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

const asBefore = (): Promise<unknown> => migrate(url, folder, () => undefined);
const now = (): Promise<unknown> => migrate(url, MIGRATIONS, () => undefined);

function fact(over: Partial<AuditFact> = {}): AuditFact {
  const actor = { kind: 'person', id: 'olga' };
  const about = { escalation: 'esc_1', grant: null, agent: 'bot' };
  return {
    id: `evt_${(made += 1)}`,
    at: '2026-11-30T12:00:00.000Z',
    type: 'config.applied',
    actor,
    ...about,
    data: {},
    ...over,
  };
}

/** What the version before gives its statement. */
function entryOf(one: AuditFact, position = 0): Record<string, unknown> {
  const leaf = auditLeaf(one);
  const [actor_kind, actor_id] = [one.actor.kind, one.actor.id];
  return {
    ...one,
    actor_kind,
    actor_id,
    leaf,
    leaf_hash: leafHash(leaf).toString('hex'),
    mac: seals.mac('event', leaf),
    position,
  };
}

const writtenBefore = (entries: readonly Record<string, unknown>[]): Promise<unknown> =>
  database.query(BEFORE, [JSON.stringify(entries)]);

/** Of each event by its id: whether its seal covers what it says. */
async function soundness(): Promise<Record<string, boolean>> {
  const { rows } = await database.query<AuditFact & { mac: string | null; instant: Date; kind: string; who: string }>(
    `select "id", "at" as "instant", "type", "actor_kind" as "kind", "actor_id" as "who", "escalation_id" as "escalation",
       "grant_id" as "grant", "agent_id" as "agent", "data", "mac" from "events" order by "seq"`,
  );
  return Object.fromEntries(
    rows.map(({ mac, instant, kind, who, ...said }) => {
      const leaf = auditLeaf({ ...said, at: instant.toISOString(), actor: { kind, id: who } });
      return [said.id, seals.matches('event', leaf, mac)];
    }),
  );
}

const seqs = async (): Promise<unknown[]> =>
  (await database.query<{ seq: string }>(`select "seq"::text, "id" from "events" order by "seq"`)).rows;

describe('a history of two tables', () => {
  it('becomes one: each event keeps its place and seal, and entries without an event are kept apart', async () => {
    await asBefore();
    const facts = [fact(), fact({ grant: 'grt_1', data: { by: 'ö', n: [1, { b: null, a: 'x"y' }] } })];
    await writtenBefore(facts.map(entryOf));
    const altered = fact();
    await writtenBefore([{ ...entryOf(altered), actor_id: 'mallory' }]);
    const told = await seqs();
    const alone = entryOf(fact());
    await database.query(
      `insert into "audit_entries" ("event_id", "at", "type", "leaf", "leaf_hash", "mac") values ($1, $2, $3, $4, '', $5)`,
      [alone['id'], alone['at'], alone['type'], alone['leaf'], alone['mac']],
    );
    await now();
    expect(await seqs()).toEqual(told);
    expect(await soundness()).toEqual({ [facts[0]!.id]: true, [facts[1]!.id]: true, [altered.id]: false });
    const { rows } = await database.query(`select "event_id", "leaf", "mac" from "audit_entries_alone"`);
    expect(rows).toEqual([{ event_id: alone['id'], leaf: alone['leaf'], mac: alone['mac'] }]);
    const { rows: next } = await database.query(`select nextval('events_seq_seq') > max("seq") as "on" from "events"`);
    expect(next).toEqual([{ on: true }]);
  });

  it('is sealed once where it stands from before seals: what its entry said, and nothing that comes later', async () => {
    await asBefore();
    const bare = (one: AuditFact, over: object = {}) => writtenBefore([{ ...entryOf(one), mac: null, ...over }]);
    const [truth, actor, hash, words] = [fact({ data: { n: 1.5 } }), fact(), fact(), fact()];
    await bare(truth);
    await bare(actor, { actor_id: 'mallory' });
    await bare(hash, { leaf_hash: '00' });
    const odd = 'no json';
    await bare(words, { leaf: odd, leaf_hash: leafHash(odd).toString('hex') });
    await now();
    const sealing = await Promise.all([sealExistingHistory(url, seals), sealExistingHistory(url, seals)]);
    expect(sealing.sort()).toEqual([0, 1]);
    const late = fact();
    await database.query(
      `insert into "events" ("id", "at", "type", "actor_kind", "actor_id", "escalation_id", "agent_id", "data") values ($1, $2, $3, 'person', 'olga', 'esc_1', 'bot', '{}')`,
      [late.id, late.at, late.type],
    );
    expect(await sealExistingHistory(url, seals)).toBe(0);
    expect(await soundness()).toEqual({
      [truth.id]: true,
      [actor.id]: false,
      [hash.id]: false,
      [words.id]: false,
      [late.id]: false,
    });
    expect(await refusalOf(database.query(`update "events" set "mac" = 'x'`))).toBe('23514');
  });
});

describe('a process of the version before, beside the new tables', () => {
  beforeEach(now);

  it('writes events that are facts at once, in their order, and leaves no entry behind', async () => {
    const facts = [1, 2, 3].map((n) => fact({ data: { n } }));
    await writtenBefore(facts.map(entryOf));
    expect(Object.entries(await soundness())).toEqual(facts.map(({ id }) => [id, true]));
    expect((await database.query(`select 1 from "audit_entries_alone"`)).rowCount).toBe(0);
  });

  it('reads the same words as it would have written', async () => {
    const data = {
      b: [1, 1.5, -3, 0, true, null, 'ü"\\\n\u0007\u007f€😀'],
      a: { z: {}, ключ: [], ' ': '' },
      A: 9007199254740991,
      deep: [[{ y: { x: 0.25 } }]],
    };
    const one = fact({ data, grant: 'grt_1' });
    const { leaf, mac, leaf_hash, actor, position, ...row } = entryOf(one);
    await database.query('select append_events($1::json)', [JSON.stringify([row])]);
    const { rows } = await database.query(
      `select "leaf", encode("leaf_hash", 'hex') as "hash", "mac" from "audit_entries" where "event_id" = $1`,
      [one.id],
    );
    expect(rows).toEqual([]);
    await database.query('select append_events($1::json)', [JSON.stringify([{ ...row, id: 'evt_other', mac }])]);
    const { rows: told } = await database.query(
      `select "leaf", encode("leaf_hash", 'hex') as "hash", "mac" from "audit_entries" where "event_id" = 'evt_other'`,
    );
    const said = auditLeaf({ ...one, id: 'evt_other' });
    expect(told).toEqual([{ leaf: said, hash: leafHash(said).toString('hex'), mac }]);
    expect([leaf, leaf_hash, actor, position]).toHaveLength(4);
  });

  it('can change no entry that it reads', async () => {
    await database.query(`select append_events($1::json)`, [
      JSON.stringify([
        {
          id: 'evt_sealed',
          at: '2026-11-30T12:00:00.000Z',
          type: 't',
          actor_kind: 'a',
          actor_id: 'b',
          data: {},
          mac: 'x',
        },
      ]),
    ]);
    expect(await refusalOf(database.query(`update "audit_entries" set "mac" = 'y'`))).toBe('23514');
    expect(await refusalOf(database.query(`delete from "audit_entries"`))).toBe('23514');
  });

  it('is refused an entry without a seal, as before', async () => {
    expect(await refusalOf(writtenBefore([{ ...entryOf(fact()), mac: null }]))).toBe('23514');
  });
});

describe('rows of events and uses', () => {
  beforeEach(now);

  const parts = async (): Promise<string[]> =>
    (
      await database.query<{ part: string }>(
        `select c.relname::text as "part" from pg_class c where c.relispartition and c.relkind = 'r' order by 1`,
      )
    ).rows.map(({ part }) => part);

  it('have a month made ahead for them, once', async () => {
    expect((await parts()).filter((part) => /_\d{6}$/.test(part) && !part.includes('until'))).toHaveLength(4);
    expect((await database.query(`select make_months() as "made"`)).rows).toEqual([{ made: 0 }]);
    await database.query(`drop table "events_${monthAhead(2)}"`);
    expect((await database.query(`select make_months() as "made"`)).rows).toEqual([{ made: 1 }]);
    expect(await parts()).toContain(`events_${monthAhead(2)}`);
  });

  it('of a month that has none are kept all the same, and keep its partition from being made', async () => {
    const month = monthAhead(2);
    await database.query(`drop table "events_${month}"`);
    const at = `${month.slice(0, 4)}-${month.slice(4)}-15T00:00:00.000Z`;
    const one = { ...entryOf(fact({ at })), at };
    await database.query('select append_events($1::json)', [JSON.stringify([one])]);
    expect((await database.query(`select make_months() as "made"`)).rows).toEqual([{ made: 0 }]);
    const { rows } = await database.query(`select tableoid::regclass::text as "part" from "events"`);
    expect(rows).toEqual([{ part: 'events_default' }]);
  });

  it('cannot be rewritten or emptied in one of their parts either', async () => {
    await database.query('select append_events($1::json)', [JSON.stringify([entryOf(fact())])]);
    const { rows } = await database.query<{ part: string }>(
      `select c.relname::text as "part" from pg_class c where c.relispartition and c.relkind = 'r' and c.relname ~ '^(events|token_uses)_'`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(8);
    for (const { part } of rows) {
      expect(await refusalOf(database.query(`update "${part}" set "mac" = "mac"`))).toBe('23514');
      expect(await refusalOf(database.query(`delete from "${part}"`))).toBe('23514');
      expect(await refusalOf(database.query(`truncate "${part}"`))).toBe('23514');
    }
  });

  it('are appended in the order given', async () => {
    const facts = Array.from({ length: 160 }, (_, n) => fact({ data: { n } }));
    await database.query('select append_events($1::json)', [JSON.stringify(facts.map(entryOf))]);
    expect(Object.entries(await soundness())).toEqual(facts.map(({ id }) => [id, true]));
  });
});

/** `YYYYMM` of the month that is so many after this one. */
function monthAhead(months: number): string {
  const today = new Date();
  const then = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + months, 1));
  return `${then.getUTCFullYear()}${String(then.getUTCMonth() + 1).padStart(2, '0')}`;
}
