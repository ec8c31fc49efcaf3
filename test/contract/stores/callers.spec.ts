import type { Catalog } from '#domain/catalog.js';
import type { Registry } from '#escalations/ports.js';
import { loginCodeContent, sessionContent } from '#escalations/sealed-content.js';
import type { Registration } from '#identity/ports.js';
import { describeCallers } from '#identity/testing/callers.suite.js';
import { describeSessionStore } from '#identity/testing/session-store.suite.js';
import { createPool } from '#persistence/connection/pool.js';
import {
  PostgresAssertionLedger,
  PostgresRegistrations,
} from '#persistence/people/postgres-registrations-and-sessions.js';
import { PostgresSessionStore } from '#persistence/people/postgres-session-store.js';
import { ms } from '#persistence/sql/columns.js';
import { SESSION_COLUMNS, type SessionRow } from '#persistence/people/sessions.js';
import { applyConfig } from '../../harness/world/apply.js';
import { judging, sealedOf, useCasesOf } from '../../harness/world/sealed.js';
import { asSuperuser } from '../../harness/world/superuser.js';
import { makeWorld, type World } from '../../harness/world/world.js';

const PEOPLE = Array.from({ length: 40 }, (_, n) => `person-${n}`);

type CodeRow = Parameters<typeof loginCodeContent>[0];

/** Every code and session as it will be in so many seconds, each under its seal. */
async function pass(world: World, seconds: number): Promise<void> {
  const { seals } = sealedOf(world);
  const codes = await world.database.pool.query<CodeRow>(
    `select "code_hash" as "codeHash", "person_id" as "person", "person_uid" as "personUid", "opens", ${ms('"expires_at"')} as "expiresAt"
     from "login_codes"`,
  );
  for (const row of codes.rows) {
    const aged = { ...row, expiresAt: row.expiresAt - seconds * 1_000 };
    await asSuperuser(
      world,
      `update "login_codes" set "expires_at" = to_timestamp($2::float8 / 1000), "mac" = $3 where "code_hash" = $1`,
      [row.codeHash, aged.expiresAt, seals.mac('login_code', loginCodeContent(aged))],
    );
  }
  const sessions = await world.database.pool.query<SessionRow>(`select ${SESSION_COLUMNS} from "sessions" s`);
  for (const row of sessions.rows) {
    const by = seconds * 1_000;
    const aged = { ...row, openedAt: row.openedAt - by, expiresAt: row.expiresAt - by };
    await asSuperuser(
      world,
      `update "sessions" set "created_at" = to_timestamp($2::float8 / 1000), "expires_at" = to_timestamp($3::float8 / 1000), "mac" = $4
       where "id" = $1`,
      [row.id, aged.openedAt, aged.expiresAt, seals.mac('session', sessionContent(aged))],
    );
  }
}

describeSessionStore('in PostgreSQL', async () => {
  const world = await makeWorld();
  const configure = (people: readonly string[]): Promise<unknown> =>
    applyConfig(world, (config) => {
      config.people.push(...people.map((id) => ({ id, email: `${id}@example.com`, roles: [], slack: [] })));
    });
  await configure(PEOPLE);
  const pool = createPool(world.database.url, { max: 4 });
  const gone = new Set<string>();
  let next = 0;
  return {
    store: new PostgresSessionStore(pool, sealedOf(world)),
    person: async () => PEOPLE[(next += 1) - 1]!,
    leaves: async (person) => {
      gone.add(person);
      await configure(PEOPLE.filter((id) => !gone.has(id)));
    },
    pass: (seconds) => pass(world, seconds),
    close: async () => {
      await pool.end();
      await world.remove();
    },
  };
});

describeCallers('in PostgreSQL', async () => {
  const world = await makeWorld();
  await applyConfig(world, () => undefined);
  const pool = judging(createPool(world.database.url, { max: 4 }), world);
  const { catalog } = (await sealedOf(world).newest(pool)) as { catalog: Catalog };
  const registry = { current: async () => ({ catalog }) as Registry, recent: () => null, pinned: async () => null };
  const of = (kind: Registration['kind'], id: string, suspended: boolean): Registration => {
    const { auth } = [...catalog.agents, ...catalog.clients].find((one) => one.id === id)!;
    return { kind, id, auth, suspended };
  };
  await useCasesOf(world, pool).suspendAgent.suspend('rival-bot', { kind: 'person', id: 'olga' }, null);
  return {
    registrations: new PostgresRegistrations(registry, pool),
    ledger: new PostgresAssertionLedger(pool),
    registered: {
      agent: of('agent', 'support-bot', false),
      suspended: of('agent', 'rival-bot', true),
      client: of('client', 'payments-api', false),
    },
    close: async () => {
      await pool.end();
      await world.remove();
    },
  };
});
