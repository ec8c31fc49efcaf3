import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { BENCHES } from './benches.js';
import { readCommand } from './command.js';
import { figure, interleaved, median, percentile, percentiles } from './figure.js';
import { asJson, asTable } from './report.js';

describe('the program', () => {
  it('prints one JSON object and nothing else, in the shape of the contract', async () => {
    const given = ['tools/start.mjs', 'dist/test/bench/main.js', '--json', '--rounds', '1', 'introspect_after_revoke'];
    const child = spawn(process.execPath, given, { env: aside(), stdio: ['ignore', 'pipe', 'pipe'] });
    const [told, went] = ['stdout', 'stderr'].map((name) => {
      const chunks: Buffer[] = [];
      child[name as 'stdout' | 'stderr'].on('data', (chunk: Buffer) => chunks.push(chunk));
      return chunks;
    }) as [Buffer[], Buffer[]];
    const [code] = await once(child, 'close');
    expect([code, Buffer.concat(went).toString()]).toEqual([0, expect.stringContaining('introspect_after_revoke')]);
    expect(JSON.parse(Buffer.concat(told).toString())).toEqual({
      introspect_after_revoke: {
        ours: expect.any(Number),
        reference: expect.any(Number),
        ratio: expect.any(Number),
        unit: 'ms',
        rounds: 1,
        reference_name: expect.any(String),
      },
    });
  }, 180_000);
});

/** A server of its own: that of this run keeps the template that other files clone. */
function aside(): NodeJS.ProcessEnv {
  const { WRIT_TEST_SERVER_URL: _ours, WRIT_TEST_DATABASE_URL: _given, ...rest } = process.env;
  return rest;
}

describe('a command line', () => {
  it('runs everything three rounds unless told otherwise', () => {
    expect(readCommand([], BENCHES)).toEqual({ benches: BENCHES, json: false, rounds: 3 });
    expect(readCommand(['--json', '--rounds=2', 'sweep_rows'], BENCHES)).toMatchObject({
      benches: [{ name: 'sweep_rows' }],
      json: true,
      rounds: 2,
    });
  });

  it('takes the name of a figure for its bench, once', () => {
    expect(readCommand(['redeem', 'consume'], BENCHES)).toMatchObject({ benches: [{ name: 'throughput' }] });
  });

  it.each([
    [['nothing_such'], /no bench nothing_such/],
    [['--fast'], /no --fast/],
    [['--rounds', '0'], /whole number/],
    [['--rounds'], /whole number/],
  ])('refuses %j', (given, said) => {
    expect(readCommand(given, BENCHES)).toMatch(said);
  });

  it('knows each figure by one bench alone', () => {
    const names = BENCHES.flatMap(({ name, gives }) => [...new Set([name, ...gives])]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a figure', () => {
  it('is the medians of the rounds and their ratio', () => {
    expect(figure([4, 1, 3], [2, 9, 1], 'ms', 'the other')).toEqual({
      ours: 3,
      reference: 2,
      ratio: 1.5,
      unit: 'ms',
      rounds: 3,
      reference_name: 'the other',
    });
    expect(median([1, 2, 3, 10])).toBe(2.5);
  });

  it('takes percentiles within each round', () => {
    const samples = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([percentile(samples, 0.5), percentile(samples, 0.99), percentile([7], 0.99)]).toEqual([50, 99, 7]);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    const both = percentiles('lag', [samples, samples], [[10], [20]], 'ms', 'ten or twenty');
    expect(both['lag_p99']).toMatchObject({ ours: 99, reference: 15, ratio: 6.6, rounds: 2 });
  });

  it('is measured in turn, and who begins changes', async () => {
    const order: string[] = [];
    const side = (name: string) => async (round: number) => void order.push(`${name}${round}`);
    await interleaved(3, side('ours'), side('theirs'));
    expect(order).toEqual(['ours0', 'theirs0', 'theirs1', 'ours1', 'ours2', 'theirs2']);
  });

  it('is printed as one line of JSON, or as a row of a table', () => {
    const figures = { lag: figure([3], [2], 'ms', 'the other') };
    expect(asJson(figures).trim().split('\n')).toHaveLength(1);
    expect(asTable(figures)).toContain('| `lag`  | 3    | 2         | 1.5   | ms   | 1      | the other             |');
  });
});
