import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent, type Bench, type Figure, type Figures } from './figure.js';
import { asking } from './figures/asking.bench.js';
import { oneInFlight } from './figures/one-in-flight.bench.js';
import { using } from './figures/using.bench.js';

/** What the short form measures: the verbs that are asked for every action. */
export const SHORT_BENCHES: readonly Bench[] = [asking, using, oneInFlight];

/** A ratio that is worse than the committed one by more than this share has fallen. */
const FALL = 0.3;

export type Better = 'higher' | 'lower';

/** A ratio as it is committed. */
export interface Committed {
  readonly ratio: number;
  readonly better: Better;
}

export type Ratios = Readonly<Record<string, Committed>>;

const FILE = join(process.cwd(), 'test', 'bench', 'ratios.json');

export function readRatios(): Ratios {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Ratios;
}

/** Keeps the ratios of these figures; whoever waits wants less, whoever counts wants more. */
export function writeRatios(figures: Figures): void {
  const kept = Object.entries(figures).flatMap(([name, one]) =>
    isAbsent(one) ? [] : [[name, { ratio: one.ratio, better: one.unit === 'ms' ? 'lower' : 'higher' }] as const],
  );
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

/** What has fallen by more than 30 % under what is committed, or is not measured any more: a line for each, by name. */
export function fallen(figures: Figures, committed: Ratios): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [name, { ratio: was, better }] of Object.entries(committed)) {
    const now = figures[name];
    if (now === undefined || isAbsent(now)) lines.set(name, `${name} is not measured any more; it was ${was}`);
    else if (better === 'higher' ? now.ratio < was * (1 - FALL) : now.ratio > was / (1 - FALL))
      lines.set(name, `${name}: the ratio is ${now.ratio}, and ${was} is committed (${better} is better)`);
  }
  return lines;
}

/** Of two measurements of one figure the better one, since what disturbs a machine only ever makes it worse. */
export function betterOf(first: Figure, second: Figure, better: Better): Figure {
  const isBetter = better === 'higher' ? second.ratio > first.ratio : second.ratio < first.ratio;
  return isBetter ? second : first;
}

/**
 * Measures again, once, what seems to have fallen. The ratios are medians of rounds in turn, so that a machine which is
 * busy for a moment, or slow for good, moves neither side alone; what is left of chance would still fail a run in some
 * hundreds, and a figure has to fall twice for that.
 */
export async function measuredAgain(
  figures: Figures,
  committed: Ratios,
  again: (bench: Bench) => Promise<Figures>,
): Promise<Figures> {
  const names = [...fallen(figures, committed).keys()];
  const merged: Record<string, Figures[string]> = { ...figures };
  for (const bench of SHORT_BENCHES.filter(({ gives }) => gives.some((name) => names.includes(name)))) {
    for (const [name, second] of Object.entries(await again(bench))) {
      const [first, kept] = [merged[name], committed[name]];
      if (!names.includes(name) || isAbsent(second) || kept === undefined) continue;
      merged[name] = first === undefined || isAbsent(first) ? second : betterOf(first, second, kept.better);
    }
  }
  return merged;
}
