import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../apps/cli/src/cli.js';
import { readEnvironment } from '#platform/config/environment/environment.js';
import { fencesOf } from './markdown.js';

describe('docs/policy.md', () => {
  const fences = fencesOf(readFileSync('docs/policy.md', 'utf8'));
  let folder: string;
  let said: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-policy-page-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const writ = (...argv: string[]): Promise<number> => {
    said = [];
    return runCli(argv, {
      environment: () => readEnvironment({ WRIT_DATA_DIR: folder }, process.cwd()),
      cwd: process.cwd(),
      actor: { kind: 'system', id: 'cli:test' },
      out: (line) => void said.push(line),
      remark: (line) => void said.push(line),
      askSecret: () => Promise.reject(new Error('nobody asked')),
    });
  };

  it('quotes the sample policies as they are', () => {
    const sample = ['1-reads', '3-people'].map((name) => readFileSync(`config/sample/policies/${name}.cedar`, 'utf8'));
    const policies = (fences.find(({ language }) => language === 'cedar')?.text ?? '').trim().split('\n\n');
    const rules = policies.map((policy) => policy.slice(policy.indexOf('permit (')));
    expect(rules.filter((rule) => !sample.some((text) => text.includes(rule)))).toEqual([]);
  });

  it('shows a test case that passes', async () => {
    const file = join(folder, 'cases.yaml');
    writeFileSync(file, fences.find(({ language }) => language === 'yaml')?.text ?? '');
    const code = await writ('policy', 'test', file);
    expect({ code, said }).toMatchObject({ code: 0, said: expect.arrayContaining(['1 case, all passed']) });
  });

  it('gives commands that work', async () => {
    const commands = (fences.find(({ language }) => language === 'sh')?.text ?? '').trim().split('\n');
    for (const command of commands) expect(await writ(...command.replace('npx writ ', '').split(' '))).toBe(0);
    expect(commands.length).toBeGreaterThan(0);
  });
});
