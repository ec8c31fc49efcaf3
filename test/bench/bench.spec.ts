import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { BENCHES } from './benches.js';
import { readCommand } from './command.js';
import { figure, inRounds, median, percentile, percentiles, throughput, type Figure, type Figures } from './figure.js';
import { asJson, asTable } from './report.js';
import { betterOf, fallen, measuredAgain, readRatios, SHORT_BENCHES } from './short.js';

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
      settings: {
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        shared_buffers: expect.any(String),
        jit: 'off',
        track_commit_timestamp: 'on',
        server_version: expect.any(String),
        node_version: process.versions.node,
        platform: expect.any(String),
        cores: expect.any(Number),
        pool_size: 20,
      },
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
  const { WRIT_TEST_SERVER_URL: _ours, WRIT_BENCH_DATABASE_URL: _given, ...rest } = process.env;
  return rest;
}

describe('a command line', () => {
  it('runs everything five rounds unless told otherwise', () => {
    expect(readCommand([], BENCHES)).toEqual({ benches: BENCHES, json: false, rounds: 5, short: null });
    expect(readCommand(['--json', '--rounds=2', 'sweep_rows'], BENCHES)).toMatchObject({
      benches: [{ name: 'sweep_rows' }],
      json: true,
      rounds: 2,
    });
  });

  it('takes the name of a figure for its bench, once', () => {
    expect(readCommand(['redeem', 'consume'], BENCHES)).toMatchObject({
      benches: [{ name: 'asking' }, { name: 'using' }],
    });
  });

  it('measures what is compared, and keeps it only where that is said', () => {
    expect(readCommand(['--short'], BENCHES)).toMatchObject({ short: 'compare' });
    expect(readCommand(['--short', '--write-ratios'], BENCHES)).toMatchObject({ short: 'write' });
  });

  it.each([
    [['nothing_such'], /no bench nothing_such/],
    [['--fast'], /no --fast/],
    [['--rounds', '0'], /whole number/],
    [['--rounds'], /whole number/],
    [['--write-ratios'], /goes with --short/],
    [['--short', 'redeem'], /names its figures itself/],
  ])('refuses %j', (given, said) => {
    expect(readCommand(given, BENCHES)).toMatch(said);
  });

  it('knows each figure by one bench alone', () => {
    const names = BENCHES.flatMap(({ name, gives }) => [...new Set([name, ...gives])]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a figure', () => {
  it('is the medians of both sides, and the median of the ratios within each round', () => {
    expect(figure([4, 1, 3], [2, 9, 1], 'ms', 'the other')).toEqual({
      ours: 3,
      reference: 2,
      ratio: 2,
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
    const both = percentiles('lag', [samples, samples], [[10], [20]], 'ten or twenty');
    expect(both['lag_p99']).toMatchObject({ ours: 99, reference: 15, ratio: 7.43, rounds: 2 });
  });

  it('is measured in turn, and who begins changes', async () => {
    const order: string[] = [];
    const side = (name: string) => async (round: number) => void order.push(`${name}${round}`);
    await inRounds(3, { ours: side('ours'), theirs: side('theirs'), nobody: undefined });
    expect(order).toEqual(['ours0', 'theirs0', 'theirs1', 'ours1', 'ours2', 'theirs2']);
  });

  it('says what an operation costs the processors of both sides, where the system tells', () => {
    const cell = (node: number) => ({ perSecond: 10, p50: 1, cpu: { node, postgres: 2 } });
    expect(throughput([cell(3), cell(5), cell(4)], [cell(1), cell(1), cell(1)], 'the other').cpu).toEqual({
      ours: { node: 4, postgres: 2 },
      reference: { node: 1, postgres: 2 },
    });
    expect(throughput([{ ...cell(3), cpu: null }], [cell(1)], 'the other')).not.toHaveProperty('cpu');
  });

  const lag = {
    ...figure([3], [2], 'ms', 'the other'),
    cpu: { ours: { node: 1, postgres: 2 }, reference: { node: 3, postgres: 4 } },
  };
  const figures: Figures = { lag, late: { absent: 'nobody answers' } };

  it('is printed as one line of JSON, or as a row of a table, under what it was measured on', () => {
    const settings = { fsync: 'on', cores: 2 };
    expect(asJson(figures, settings).trim().split('\n')).toHaveLength(1);
    expect(asTable(figures, settings)).toMatch(/^\d{4}-\d\d-\d\d; fsync on, cores 2\n\n\| figure/);
    expect(asTable(figures, settings)).toMatch(
      /\| `lag` +\| 3 +\| 2 +\| 1\.5 +\| ms +\| 1 +\| 1 \+ 2 +\| 3 \+ 4 +\| the other +\|/,
    );
  });

  it('that is absent is a line with its reason, and never a number', () => {
    expect(JSON.parse(asJson(figures, {}))).toEqual({ settings: {}, lag });
    expect(asTable(figures, {})).toContain('\n`late` is absent: nobody answers\n');
  });
});

describe('a committed ratio', () => {
  const of = (ratio: number): Figure => ({ ...figure([1], [1], 'ms', 'the other'), ratio });
  const committed = { rate: { ratio: 1, better: 'higher' }, wait: { ratio: 1, better: 'lower' } } as const;

  it('is compared in the direction that is better: 30 % under it has fallen', () => {
    expect([...fallen({ rate: of(0.71), wait: of(1.42) }, committed).keys()]).toEqual([]);
    expect([...fallen({ rate: of(0.69), wait: of(1.44) }, committed).keys()]).toEqual(['rate', 'wait']);
    expect([...fallen({ rate: of(9), wait: of(0.1) }, committed).keys()]).toEqual([]);
  });

  it('has fallen when it is not measured any more', () => {
    expect([...fallen({ rate: { absent: 'gone' } }, committed).keys()]).toEqual(['rate', 'wait']);
  });

  it('has to fall twice: what fell is measured once more, and the better of both counts', async () => {
    const names = Object.keys(readRatios());
    const [name = ''] = names;
    const once = Object.fromEntries(names.map((one) => [one, of(one === name ? 0 : 1)]));
    const all = Object.fromEntries(names.map((one) => [one, { ratio: 1, better: 'higher' } as const]));
    const asked: string[] = [];
    const again = await measuredAgain(once, all, (bench) => {
      asked.push(bench.name);
      return Promise.resolve({ [name]: of(0.9) });
    });
    expect(asked).toEqual(SHORT_BENCHES.filter(({ gives }) => gives.includes(name)).map((bench) => bench.name));
    expect([...fallen(again, all).keys()]).toEqual([]);
    expect([betterOf(of(1), of(2), 'higher').ratio, betterOf(of(1), of(2), 'lower').ratio]).toEqual([2, 1]);
  });

  it('belongs to a figure of the short form', () => {
    const given = SHORT_BENCHES.flatMap(({ gives }) => gives);
    expect(Object.keys(readRatios()).filter((name) => !given.includes(name))).toEqual([]);
  });
});
