import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import type pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { migrate } from '../schema/migrate.js';
import { createPool } from '../connection/pool.js';
import { PostgresOverdueSource } from './postgres-overdue-source.js';

let server: EmbeddedPostgres;
let pool: pg.Pool;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
  await migrate(server.url, resolve('prisma/migrations'), () => undefined);
  pool = createPool(server.url);
}, 60_000);
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

it.each<[string, string, string]>([
  ['login_codes', 'code_hash', `("code_hash", "person_id", "expires_at") values ($1, 'bob', EXPIRES)`],
  ['slack_link_codes', 'code_hash', `("team", "user", "code_hash", "expires_at") values ('T1', $1, $1, EXPIRES)`],
  [
    'webauthn_challenges',
    'hash',
    `("hash", "purpose", "person_id", "bound", "expires_at") values ($1, 'approve', 'bob', '{}', EXPIRES)`,
  ],
])('of %s only what ended over a day ago is forgotten', async (table, key, columns) => {
  for (const [name, hours] of [
    ['old', -25],
    ['ended', -23],
    ['living', 1],
  ] as const) {
    const expires = `clock_timestamp() + make_interval(hours => ${hours})`;
    await pool.query(`insert into "${table}" ${columns.replace('EXPIRES', expires)}`, [name]);
  }
  await new PostgresOverdueSource(pool).forgetSpent();
  const { rows } = await pool.query<{ key: string }>(`select "${key}" as "key" from "${table}" order by 1`);
  expect(rows.map((row) => row.key)).toEqual(['ended', 'living']);
});
