import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writ, type Session } from '../../../apps/cli/src/testing/terminal.js';
import { brokerEnvironment, freePort } from '../../harness/brokers/broker.js';
import { startPeopleProvider, type PeopleProvider } from '../../harness/actors/people-provider.js';
import { REDIS_IS_INSTALLED, startOwnRedis } from '../../harness/world/redis.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';
import { BASE_POLICIES, type Config } from '../../harness/world/world.js';

const role = `writ_doctor_${process.pid}`;
const PASSWORD = 'role-pa55word-0123';
let stage: Stage;
let provider: PeopleProvider;
let servingUrl = '';

function bindAll(config: Config): void {
  for (const person of config.people)
    Object.assign(person, { oidc: { subject: `at-provider-${String(person['id'])}` } });
}

beforeAll(async () => {
  provider = await startPeopleProvider('http://localhost:3000/auth/callback');
  stage = await setStage(bindAll, {
    prepare: async (world) => {
      await world.database.pool.query(`create role ${role} login password '${PASSWORD}'`);
      const url = new URL(world.database.url);
      Object.assign(url, { username: role, password: PASSWORD });
      servingUrl = url.href;
      return { extra: { DATABASE_URL: servingUrl, WRIT_MIGRATE_DATABASE_URL: world.database.url } };
    },
  });
}, 60_000);
afterAll(async () => {
  const { pool } = stage.world.database;
  await stage.broker.close();
  await pool.query(`drop owned by ${role}`);
  await pool.query(`drop role ${role}`);
  await stage.world.remove();
  await provider.close();
});

/** As in production: two roles, https, a proxy that is named, sign-in by the provider. */
function production(): Record<string, string> {
  return {
    ...brokerEnvironment(stage.world, stage.broker.slack, 3000),
    DATABASE_URL: servingUrl,
    WRIT_ISSUER: 'https://writ.invalid',
    WRIT_TRUSTED_PROXIES: '10.0.0.0/8',
    WRIT_OIDC_ISSUER: provider.issuer,
    WRIT_OIDC_CLIENT_ID: provider.clientId,
    WRIT_OIDC_CLIENT_SECRET: provider.clientSecret,
  };
}
async function doctor(change: Readonly<Record<string, string | undefined>> = {}): Promise<Session> {
  const session = await writ(['doctor'], { ...production(), ...change });
  const told = session.out + session.remarks;
  for (const secret of [PASSWORD, provider.clientSecret, stage.world.masterKey, stage.broker.slack.env.SLACK_BOT_TOKEN])
    expect(told).not.toContain(secret);
  expect(told).not.toContain('    at ');
  return session;
}
const problems = ({ out }: Session): string[] => out.split('\n').filter((line) => line.startsWith('PROBLEM'));

describe('the doctor of a broker in production', () => {
  it('finds no problem where all is well, and only warns that the address is not reached from here', async () => {
    const session = await doctor();
    expect(problems(session)).toEqual([]);
    expect(session.exit).toBe(0);
    expect(session.out.split('\n').filter((line) => line.startsWith('WARNING'))).toEqual([
      expect.stringMatching(/^WARNING {2}issuer https:\/\/writ\.invalid: not reached from here/),
    ]);
    for (const about of [
      'migrations',
      'database roles',
      'master key',
      'signing keys',
      'configuration folder (in force)',
      'queue in PostgreSQL',
      `OpenID provider ${provider.issuer}`,
      'people can sign in',
      'an operator can sign in',
      'approvers of group oncall (3 of 3 can decide)',
      'approvers of group security (2 of 2 can decide)',
      'scope chat:write',
      'proxy in front',
      'clock, by the database',
      'clock, by the OpenID provider',
    ])
      expect(session.out).toContain(`ok       ${about}`);
  });

  it.each<[string, () => Promise<Record<string, string | undefined>>, RegExp]>([
    [
      'nobody can sign in',
      async () => ({ WRIT_OIDC_ISSUER: undefined, WRIT_OIDC_CLIENT_ID: undefined, WRIT_OIDC_CLIENT_SECRET: undefined }),
      /people can sign in: nobody can: WRIT_OIDC_\* is not set/,
    ],
    [
      'the provider is away',
      async () => ({ WRIT_OIDC_ISSUER: `http://localhost:${await freePort()}` }),
      /OpenID provider http:\/\/localhost:\d+: nobody can sign in by it: localhost:\d+ was not reached/,
    ],
    [
      'what answers as the provider is none',
      async () => ({ WRIT_OIDC_ISSUER: stage.broker.slack.url }),
      /OpenID provider .*: nobody can sign in by it: /,
    ],
    [
      'the master key is another',
      async () => ({ WRIT_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') }),
      /master key: WRIT_MASTER_KEY is not that of this database/,
    ],
    ['no proxy is named', async () => ({ WRIT_TRUSTED_PROXIES: undefined }), /WRIT_TRUSTED_PROXIES names nobody/],
    [
      'the database is away',
      async () => ({ DATABASE_URL: `postgres://writ:${PASSWORD}@127.0.0.1:${await freePort()}/writ` }),
      /database: .*ECONNREFUSED/,
    ],
    [
      'the database takes no such role',
      async () => ({ DATABASE_URL: servingUrl.replace(role, 'nobody_here') }),
      /database: .*nobody_here/,
    ],
    [
      'Redis is away',
      async () => ({ REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${await freePort()}` }),
      /queue in Redis: The Redis of REDIS_URL cannot be used: /,
    ],
  ])('says what to do when %s, and exits with 1', async (_what, change, said) => {
    const session = await doctor(await change());
    expect(session.exit).toBe(1);
    expect(problems(session)).toContainEqual(expect.stringMatching(said));
  });

  it('says that the folder is not in force, with what differs', async () => {
    stage.world.writeConfig(bindAll, BASE_POLICIES.replace('Refunds move money.', 'Refunds move much money.'));
    const session = await doctor();
    expect(problems(session)).toEqual([
      expect.stringMatching(/configuration folder: not in force, .*policy changed all\.cedar.*run `writ apply`/),
    ]);
    expect(session.exit).toBe(1);
  });

  it('says which right the serving role lacks, and which migration the database has not seen', async () => {
    const { pool } = stage.world.database;
    await pool.query(`revoke insert on "comments" from ${role}`);
    const { rows } = await pool.query<{ id: string; name: string }>(
      `update _prisma_migrations set rolled_back_at = now() where id = (select id from _prisma_migrations order by started_at desc limit 1)
       returning id, migration_name as "name"`,
    );
    const session = await doctor();
    await pool.query(`grant insert on "comments" to ${role}`);
    await pool.query(`update _prisma_migrations set rolled_back_at = null where id = $1`, [rows[0]?.id]);
    expect(problems(session)).toContainEqual(expect.stringContaining('it has not insert on "comments"'));
    expect(problems(session)).toContainEqual(
      expect.stringContaining(`1 pending (${rows[0]?.name}): run \`writ migrate\``),
    );
  });

  it('says that the role may not use the queue', async () => {
    const { pool } = stage.world.database;
    await pool.query(`revoke temporary on database ${new URL(servingUrl).pathname.slice(1)} from ${role}, public`);
    const session = await doctor();
    await pool.query(`grant temporary on database ${new URL(servingUrl).pathname.slice(1)} to ${role}`);
    expect(problems(session)).toContainEqual(expect.stringMatching(/queue in PostgreSQL: .*temporary tables/));
  });

  (REDIS_IS_INSTALLED ? it : it.skip)('says that a Redis may drop jobs', async () => {
    const redis = await startOwnRedis();
    try {
      const { Redis } = await import('ioredis');
      const client = new Redis(redis.url);
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
      client.disconnect();
      expect(problems(await doctor({ REDIS_URL: redis.url }))).toContainEqual(
        expect.stringMatching(/queue in Redis: .*allkeys-lru.*Set it to noeviction/),
      );
    } finally {
      await redis.close();
    }
  });

  it('prints the same as JSON', async () => {
    const { out } = await writ(['doctor', '--json'], { ...production(), WRIT_TRUSTED_PROXIES: undefined });
    const { findings } = JSON.parse(out) as { findings: Record<string, unknown>[] };
    expect(findings).toContainEqual({
      about: 'proxy in front',
      level: 'problem',
      problem: expect.stringContaining('WRIT_TRUSTED_PROXIES'),
    });
    expect(findings).toContainEqual({ about: 'master key', level: 'ok', problem: null });
  });

  it('changes nothing: a role that could write is refused by the server whatever it tries', async () => {
    // By row: the server counts what a session wrote only when that session has been idle for a while.
    const tables = ['signing_keys', 'config_versions', 'broken_seals', 'login_codes', 'sessions', 'passkeys'];
    const rowsNow = async (): Promise<unknown> => {
      const query = tables.map(
        (name) => `select '${name}' as "table", t.ctid::text, t.xmin::text, t::text as "row" from "${name}" t`,
      );
      const { rows } = await stage.world.database.pool.query(`${query.join(' union all ')} order by 1, 2`);
      return rows;
    };
    const before = await rowsNow();
    await doctor({ DATABASE_URL: stage.world.database.url, WRIT_MASTER_KEY: Buffer.alloc(32, 5).toString('base64') });
    expect(await rowsNow()).toEqual(before);
  });
});

describe('the doctor of a stranger who has just begun', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'writ-doctor-'));
  let env: Record<string, string> = {};
  let broker: ChildProcess;
  beforeAll(async () => {
    env = { WRIT_DATA_DIR: dataDir, WRIT_PORT: String(await freePort()) };
  });
  afterAll(async () => {
    broker.kill('SIGTERM');
    await new Promise((resolve) => broker.once('exit', resolve));
    rmSync(dataDir, { recursive: true, force: true });
  }, 30_000);

  it('says that no broker runs yet, in a sentence', async () => {
    const { exit, out } = await writ(['doctor'], env);
    expect(exit).toBe(1);
    expect(out).toContain(`PROBLEM  database: no broker is running on ${dataDir}; start it with npm start`);
    expect(out).not.toContain('    at ');
  });

  it('finds nothing wrong with the sample on the embedded database, not even a thing to warn of', async () => {
    broker = spawn(process.execPath, ['tools/start.mjs', 'dist/apps/broker/src/main.js'], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    broker.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    await until('it is ready', async () => said.includes('Writ is ready'), 60_000);
    const { exit, out } = await writ(['doctor'], env);
    expect(out.split('\n').filter((line) => !line.startsWith('ok '))).toEqual([]);
    expect(exit).toBe(0);
  }, 90_000);
});
