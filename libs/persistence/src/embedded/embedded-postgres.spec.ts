import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';

/** Another broker is another process, with the module that is tested here. */
function writeBroker(folder: string): string {
  const script = join(folder, 'broker.mjs');
  writeFileSync(
    script,
    `import { startEmbeddedPostgres } from '${new URL('embedded-postgres.js', import.meta.url).href}';
     const server = await startEmbeddedPostgres({ ...JSON.parse(process.argv[2]), log: () => undefined });
     process.send({ url: server.url });
     setInterval(() => undefined, 60_000);`,
  );
  return script;
}

describe('the embedded PostgreSQL', () => {
  const programs = mkdtempSync(join(tmpdir(), 'writ-embedded-spec-'));
  let script: string;
  let parent: string;
  let dataDir: string;
  let running: EmbeddedPostgres[];
  let lines: string[];

  beforeAll(() => {
    script = writeBroker(programs);
  });
  afterAll(() => rmSync(programs, { recursive: true }));

  beforeEach(() => {
    parent = mkdtempSync(join(realpathSync(tmpdir()), 'writ-embedded-'));
    // Under root another user must pass through here; a closed folder would send the database elsewhere.
    chmodSync(parent, 0o711);
    dataDir = join(parent, '.writ');
    running = [];
    lines = [];
  });
  afterEach(async () => {
    for (const server of running) await server.stop();
    rmSync(parent, { recursive: true });
  });

  async function start(): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) });
    running.push(server);
    return server;
  }

  async function otherBroker(options: object): Promise<{ child: ChildProcess; url: string }> {
    const child = fork(script, [JSON.stringify(options)], { detached: true, execArgv: [] });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return { child, url };
  }

  /** What a terminal does to every process of a job, and worse: none of them gets to clean up. */
  async function killGroup(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  }

  async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('makes its database once and keeps the data over a restart', async () => {
    const first = await start();
    await query(first.url, `CREATE TABLE kept AS SELECT 'Ünïcode' AS word`);
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT upper(word) AS word FROM kept')).toEqual([{ word: 'ÜNÏCODE' }]);
    expect(lines).toHaveLength(1);
  });

  it('listens on the loopback address alone, asks for its password, and writes through to the disk', async () => {
    const { url } = await start();
    const settings = await query(
      url,
      `SELECT name, setting FROM pg_settings WHERE name IN
         ('listen_addresses', 'unix_socket_directories', 'fsync', 'synchronous_commit', 'max_connections') ORDER BY name`,
    );
    expect(settings.map(({ name, setting }) => `${String(name)}=${String(setting)}`)).toEqual([
      'fsync=on',
      'listen_addresses=127.0.0.1',
      'max_connections=200',
      'synchronous_commit=on',
      'unix_socket_directories=',
    ]);
    await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect(statSync(join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
  });

  it('is refused to a second broker while the first lives', async () => {
    const { child } = await otherBroker({ dataDir });
    try {
      await expect(start()).rejects.toMatchObject({ name: 'EmbeddedAlreadyRunning', pid: child.pid });
    } finally {
      await killGroup(child);
      await start();
    }
  });

  it('outlives a killed broker and its process group, and the next broker adopts it', async () => {
    const { child, url } = await otherBroker({ dataDir });
    await query(url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await killGroup(child);
    const adopted = await start();
    expect(adopted).toMatchObject({ adopted: true, url });
    expect(await query(url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    await adopted.stop();
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('starts over a postmaster.pid whose number now belongs to another process', async () => {
    await (await start()).stop();
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    writeFileSync(pidFile, `${process.pid}\n${join(dataDir, 'postgres')}\n1\n5432\n\n127.0.0.1\n0 0\nready   \n`);
    expect((await start()).adopted).toBe(false);
  });

  it('throws a half-made database away', async () => {
    mkdirSync(join(dataDir, 'postgres.initializing', 'base'), { recursive: true });
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('refuses data of another major version and says what to do', async () => {
    await (await start()).stop();
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(/holds data of PostgreSQL 17.*pg_dump/);
    expect(existsSync(join(dataDir, 'broker.lock'))).toBe(false);
  });

  it('leaves nothing of a test server, one whose run was killed included', async () => {
    const { child, url } = await otherBroker({ ephemeral: true });
    const [row] = await query(url, `SELECT current_setting('data_directory') AS folder`);
    const abandoned = dirname(String(row?.['folder']));
    await killGroup(child);
    const server = await startEmbeddedPostgres({ ephemeral: true, log: () => undefined });
    expect(existsSync(abandoned)).toBe(false);
    const [own] = await query(server.url, `SELECT current_setting('data_directory') AS folder`);
    await server.stop();
    expect(existsSync(dirname(String(own?.['folder'])))).toBe(false);
  });
});
