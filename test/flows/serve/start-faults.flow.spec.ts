import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../harness/brokers/broker.js';
import { setStage, type Stage } from '../../harness/world/stage.js';

let stage: Stage;
beforeAll(async () => {
  // Its first start leaves tables, keys and a configuration.
  stage = await setStage();
}, 60_000);
afterAll(() => stage.close());

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program as an operator does and waits for its end. */
async function startWith(change: Readonly<Record<string, string | undefined>>): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    DATABASE_URL: stage.world.database.url,
    WRIT_MASTER_KEY: stage.world.masterKey,
    WRIT_CONFIG: stage.world.configDir,
    WRIT_DATA_DIR: stage.world.configDir,
    WRIT_PORT: String(await freePort()),
    ...change,
  };
  const child = spawn(process.execPath, ['tools/start.mjs', 'dist/apps/broker/src/main.js'], { env });
  const told = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (told.stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (told.stderr += bytes.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...told };
}

function withUrl(change: (url: URL) => void): { DATABASE_URL: string } {
  const url = new URL(stage.world.database.url);
  change(url);
  return { DATABASE_URL: url.href };
}

const PASSWORD = 'not-the-pa55word';

type Fault = readonly [string, () => Promise<Readonly<Record<string, string>>>, string, RegExp];
const FAULTS: readonly Fault[] = [
  [
    'a closed port of the database',
    async () => {
      const port = await freePort();
      return withUrl((url) => (url.port = String(port)));
    },
    'database_unreachable',
    /ECONNREFUSED/,
  ],
  [
    'a database that is not there',
    async () => withUrl((url) => (url.pathname = '/nowhere')),
    'database_missing',
    /nowhere/,
  ],
  [
    'a wrong password',
    async () => withUrl((url) => Object.assign(url, { username: 'nobody_here', password: PASSWORD })),
    'database_credentials',
    /nobody_here/,
  ],
  [
    'another master key',
    async () => ({ WRIT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }),
    'master_key',
    /WRIT_MASTER_KEY does not open/,
  ],
  [
    'a Redis that is away',
    async () => ({ REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${await freePort()}` }),
    'queue_unusable',
    /REDIS_URL/,
  ],
  [
    'variables that cannot be used, all of them at once',
    async () => ({ WRIT_PORT: 'x', WRIT_ROELS: 'api', WRIT_MASTER_KEY: PASSWORD }),
    'configuration',
    /WRIT_ROELS: is not a variable[^]*WRIT_PORT: must be[^]*WRIT_MASTER_KEY: must be/,
  ],
];

describe('a broker on a database of its own that cannot start', () => {
  it.each(FAULTS)(
    'for %s ends with 1 and one line of JSON on stderr, without stack or secret',
    async (_what, change, code, message) => {
      const ended = await startWith(await change());
      expect([ended.code, ended.stderr.trimEnd().split('\n').length]).toEqual([1, 1]);
      const line = JSON.parse(ended.stderr) as Record<string, unknown>;
      expect(line).toMatchObject({ level: 'fatal', code, message: expect.stringMatching(message) });
      expect(String(line['message'])).toMatch(/^Writ cannot start: /);
      expect(line).not.toHaveProperty('stack');
      const { stdout, stderr } = ended;
      for (const secret of [PASSWORD, stage.world.masterKey]) expect(stdout + stderr).not.toContain(secret);
    },
    60_000,
  );

  it('for a port that is taken says which, after the lines of what it did until then', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await startWith({ WRIT_PORT: String(port) });
    await new Promise((resolve) => other.close(resolve));
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({
      level: 'fatal',
      code: 'port_in_use',
      message: expect.stringContaining(`port ${port} is taken`),
    });
    expect(JSON.stringify(lines)).not.toContain('    at ');
  }, 60_000);
});

describe('a broker on an embedded database that cannot start', () => {
  it('says so in sentences, since somebody sits before it', async () => {
    const { code, stderr } = await startWith({ DATABASE_URL: undefined, WRIT_PORT: 'x' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Writ cannot start: The environment cannot be used:\n {2}- WRIT_PORT: must be an integer/);
  });
});
