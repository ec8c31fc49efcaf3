import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { grantDataRights } from '#persistence/schema/data-rights.js';
import { migrate } from '#persistence/schema/migrate.js';

// No container is at hand: what the image of PostgreSQL would run is run on the server of the tests.
const server = process.env['WRIT_TEST_SERVER_URL'] ?? '';
const suffix = `_${process.pid}`;
const PASSWORDS = { owner_password: "own'er", app_password: 'app' };

/** The statements of deploy/compose/roles.sh, with names of their own. */
function statements(): string[] {
  const [, sql = ''] = /<<'SQL'\n([\s\S]+?)\nSQL\n/.exec(readFileSync('deploy/compose/roles.sh', 'utf8')) ?? [];
  return sql
    .replace(/:'(\w+)'/g, (_, name: keyof typeof PASSWORDS) => pg.escapeLiteral(PASSWORDS[name]))
    .replace(/\bwrit_owner\b/g, `writ_owner${suffix}`)
    .replace(/\bwrit_app\b/g, `writ_app${suffix}`)
    .replace(/\bdatabase writ\b/g, `database writ${suffix}`)
    .split('\n');
}

function urlFor(role: 'writ_owner' | 'writ_app', password: string): string {
  const url = new URL(server);
  url.username = role + suffix;
  url.password = password;
  url.pathname = `/writ${suffix}`;
  return url.href;
}

async function asAdmin(...texts: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}

describe('the two roles of the composition', () => {
  const [owner, app] = [urlFor('writ_owner', PASSWORDS.owner_password), urlFor('writ_app', PASSWORDS.app_password)];
  const client = new pg.Client({ connectionString: app });

  beforeAll(async () => {
    await asAdmin(...statements());
    await migrate(owner, join(process.cwd(), 'prisma', 'migrations'), () => undefined);
    await grantDataRights(owner, app);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await asAdmin(
      `drop database writ${suffix} with (force)`,
      `drop role writ_app${suffix}`,
      `drop role writ_owner${suffix}`,
    );
  });

  it('give the serving role the data, and nothing of the tables themselves', async () => {
    expect((await client.query('select count(*)::int as n from "grants"')).rows).toEqual([{ n: 0 }]);
    for (const refused of [
      'drop table "grants"',
      'create table "mine" ()',
      'delete from "events"',
      'create schema mine',
    ])
      await expect(client.query(refused)).rejects.toMatchObject({ code: '42501' });
  });
});
