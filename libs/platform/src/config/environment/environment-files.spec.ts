import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from './environment.js';
import { environmentProblems } from '../testing/environment-problems.js';

const key = Buffer.alloc(32, 251);
const url = 'postgresql://writ:hunter2@db.internal/writ';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-environment-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => environmentProblems(env, folder);

describe('a secret in a file', () => {
  it('reads like one in a variable, without the line break at its end', () => {
    writeFileSync(join(folder, 'key'), `${key.toString('base64')}\n`);
    writeFileSync(join(folder, 'url'), url);
    const read = readEnvironment({ WRIT_MASTER_KEY_FILE: join(folder, 'key'), DATABASE_URL_FILE: 'url' }, folder);
    expect(read.masterKey).toEqual(key);
    expect(read.database).toMatchObject({ kind: 'external', url: url });
  });

  it('is refused beside the variable itself', () => {
    expect(problemsOf({ WRIT_MASTER_KEY: key.toString('base64'), WRIT_MASTER_KEY_FILE: '/x' })).toEqual([
      'WRIT_MASTER_KEY: is set twice: unset it or WRIT_MASTER_KEY_FILE',
    ]);
  });

  it('is refused when missing, empty or a folder', () => {
    writeFileSync(join(folder, 'empty'), '\n');
    expect(problemsOf({ REDIS_URL_FILE: join(folder, 'absent') })).toEqual([
      'REDIS_URL_FILE: names a file that cannot be read (ENOENT)',
    ]);
    expect(problemsOf({ REDIS_URL_FILE: join(folder, 'empty') })).toEqual([
      'REDIS_URL_FILE: is empty: give it a value or unset it',
    ]);
    expect(problemsOf({ REDIS_URL_FILE: folder })).toEqual(['REDIS_URL_FILE: must name a file of at most 65536 bytes']);
  });
});
