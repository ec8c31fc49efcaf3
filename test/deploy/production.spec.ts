import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { megabytes } from './layout.js';

interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const folders: string[] = [];

/** A clone without anything installed or built; `files` are put on top. */
function clone(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'writ-production-'));
  folders.push(folder);
  for (const path of ['tools', 'package.json', 'package-lock.json', 'tsconfig.json', 'prisma'])
    cpSync(path, join(folder, path), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** With a PATH on which there is no npm. */
function run(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const done = spawnSync(process.execPath, args, { cwd: folder, env: { PATH: '/nowhere', ...env }, encoding: 'utf8' });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** What `npm ci --omit=dev --omit=optional` installs, and leaves as its record. */
const kept = Object.entries(lock.packages).filter(
  ([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional,
);
const withoutDev = JSON.stringify({ packages: Object.fromEntries(kept) });
/** It was 489 once. */
const INSTALLED_MB_MAX = 250;
const BUILT = {
  'dist/apps/broker/src/main.js': "console.log('served');",
  'dist/apps/cli/src/main.js': "console.log('ran');",
};

describe('an installation that serves', () => {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it.each<[string, readonly string[], Record<string, string>, Record<string, string>, string]>([
    ['NODE_ENV says so', ['tools/writ.mjs', '--help'], {}, { NODE_ENV: 'production' }, 'NODE_ENV is production'],
    [
      'NODE_ENV says so, and it is started',
      ['tools/run.mjs', 'broker'],
      {},
      { NODE_ENV: 'production' },
      'node_modules/',
    ],
    ['NODE_ENV says so, and it is built', ['tools/setup.mjs'], BUILT, { NODE_ENV: 'production' }, 'NODE_ENV'],
    [
      'it was installed without what builds',
      ['tools/writ.mjs', 'agents', 'list'],
      { 'node_modules/.package-lock.json': withoutDev },
      {},
      'installed without those for development',
    ],
  ])('is never changed by a command: %s', (_why, args, files, env, said) => {
    const folder = clone(files);
    const { status, stderr } = run(folder, args, env);
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
    expect(stderr).toContain(said);
    expect(existsSync(join(folder, 'node_modules/.writ-stamp'))).toBe(false);
  });

  it('is small, and holds nothing that only builds', () => {
    const paths = kept.map(([path]) => path).filter((path) => path !== '');
    const size = paths.reduce((sum, path) => sum + megabytes(path, 'node_modules'), 0);
    process.stdout.write(`A production install: ${paths.length} packages, ${size.toFixed(0)} MB.\n`);
    expect(size).toBeLessThan(INSTALLED_MB_MAX);
    expect(paths.filter((path) => /\/(prisma|typescript|effect|react|@nestjs\/swagger|vite)$/.test(path))).toEqual([]);
  });

  it('runs what is there, whatever the sources are', () => {
    const folder = clone({ ...BUILT, 'node_modules/.package-lock.json': withoutDev });
    expect(run(folder, ['tools/writ.mjs', 'agents', 'list'])).toMatchObject({ status: 0, stdout: 'ran\n' });
    rmSync(join(folder, 'tsconfig.json'));
    rmSync(join(folder, 'package-lock.json'));
    expect(run(folder, ['tools/run.mjs', 'broker'])).toMatchObject({ status: 0, stdout: 'served\n' });
  });
});
