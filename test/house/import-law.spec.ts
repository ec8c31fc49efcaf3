import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const CRUISE = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const LAW = resolve('.dependency-cruiser.mjs');

/** A house of a few lines, to which the law of this one is applied. */
const HOUSE = {
  'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
  'node_modules/anything/package.json': '{ "name": "anything", "main": "index.js" }',
  'node_modules/anything/index.js': 'exports.x = 1;',
  'libs/policy/src/engine.ts': 'export const x = 1;',
  'libs/tokens/src/mint.ts': 'export const x = 1;',
  'libs/escalations/src/rows.ts': 'export const x = 1;',
  'libs/escalations/src/ask/parent.ts': 'export const x = 1;',
  'libs/escalations/src/decide/vote.ts': 'export const x = 1;\nexport interface Vote { readonly id: string }',
};

let house: string;
beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'writ-house-'));
  for (const [path, text] of Object.entries(HOUSE)) await write(path, text);
});
afterAll(() => rm(house, { recursive: true, force: true }));

describe('the import law', () => {
  it('lets a room import those before it and what lies beside the rooms, and no other room, not even a type', async () => {
    await write('libs/escalations/src/end/allowed.ts', imports('../rows.js', '../ask/parent.js'));
    await write('libs/escalations/src/end/backwards.ts', imports('../decide/vote.js'));
    await write('libs/escalations/src/end/typed.ts', "export type { Vote } from '../decide/vote.js';");
    expect(await broken('libs/escalations/src/end')).toEqual([
      'backwards.ts: escalations-end-keeps-to-its-rooms',
      'typed.ts: escalations-end-keeps-to-its-rooms',
    ]);
  });

  it('refuses an import from domain to anything', async () => {
    await write('libs/domain/src/case.ts', imports('../../escalations/src/rows.js'));
    await write('libs/domain/src/judge.ts', imports('../../policy/src/engine.js'));
    await write('libs/domain/src/sign.ts', imports('../../tokens/src/mint.js'));
    await write('libs/domain/src/borrow.ts', imports('anything'));
    await write('libs/domain/src/read.ts', "export { readFileSync } from 'node:fs';");
    expect(await broken('libs/domain/src')).toEqual(
      ['borrow', 'case', 'judge', 'read', 'sign'].map((name) => `${name}.ts: domain-imports-only-what-it-may`),
    );
  });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(house, path)), { recursive: true });
  await writeFile(join(house, path), text);
}

function imports(...paths: readonly string[]): string {
  return paths.map((path, n) => `export { x as x${n} } from '${path}';`).join('\n');
}

/** Which files of a folder break which rule of the library that the folder belongs to. */
async function broken(folder: string): Promise<string[]> {
  const args = [CRUISE, '--config', LAW, '--output-type', 'json', folder];
  const text = await new Promise<string>((done) =>
    execFile(process.execPath, args, { cwd: house }, (_exit, stdout) => done(stdout)),
  );
  const { summary } = JSON.parse(text) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  const library = folder.split('/')[1] ?? '';
  return summary.violations
    .filter(({ from, rule }) => from.startsWith(`${folder}/`) && rule.name.startsWith(`${library}-`))
    .map(({ from, rule }) => `${from.slice(folder.length + 1)}: ${rule.name}`)
    .sort();
}
