import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { grantDataRights } from '#persistence/data-rights.js';
import type { World } from './world.js';

/** A role that owns no table: what a broker serves with in production, and what its password gives to a thief. */
export interface ServingRole {
  /** `DATABASE_URL` of a broker that serves with it. */
  readonly url: string;
  /** One statement with the rights of the role. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Before the world is removed. */
  drop(): Promise<void>;
}

/** Makes such a role in the world's database, whose tables a broker has made. */
export async function servingRole(world: World): Promise<ServingRole> {
  const { pool, url: owner } = world.database;
  const name = `writ_app_${process.pid}_${randomBytes(3).toString('hex')}`;
  await pool.query(`create role ${name} login password 'app'`);
  const url = new URL(owner);
  url.username = name;
  url.password = 'app';
  await grantDataRights(owner, url.href);
  return {
    url: url.href,
    query: async (text, values = []) => {
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      return client
        .query<Record<string, unknown>>(text, [...values])
        .then(({ rows }) => rows)
        .finally(() => client.end());
    },
    drop: async () => {
      await pool.query(`drop owned by ${name}`);
      await pool.query(`drop role ${name}`);
    },
  };
}
