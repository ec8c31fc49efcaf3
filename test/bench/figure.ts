/** Milliseconds of processor time for each operation. */
export interface Cpu {
  readonly node: number;
  readonly postgres: number;
}

/** One measured figure, in the shape of `npm run bench -- --json`. */
export interface Figure {
  readonly ours: number;
  readonly reference: number;
  /** The median of ours ÷ reference within each round. */
  readonly ratio: number;
  readonly unit: string;
  readonly rounds: number;
  readonly reference_name: string;
  readonly cpu?: { readonly ours: Cpu; readonly reference: Cpu };
}

/** A figure that could not be measured here, with the reason: never a number. */
export interface Absent {
  readonly absent: string;
}

export type Figures = Readonly<Record<string, Figure | Absent>>;

export function isAbsent(figure: Figure | Absent): figure is Absent {
  return 'absent' in figure;
}

/** How a bench is to be run. */
export interface Terms {
  readonly rounds: number;
  /** Under three minutes for everything, for ratios alone. */
  readonly short: boolean;
  readonly say: (line: string) => void;
}

/** One benchmark: it opens what it needs, measures both sides in turn and closes everything. */
export interface Bench {
  readonly name: string;
  /** The figures that it prints. */
  readonly gives: readonly string[];
  run(terms: Terms): Promise<Figures>;
}

/** What one side did in one round. */
export interface Cell {
  readonly perSecond: number;
  readonly p50: number;
  /** Absent where the system does not tell. */
  readonly cpu: Cpu | null;
}

type Measure<T> = (round: number) => Promise<T>;

/**
 * Measures all of these in every round, one after the other; the order turns round with each. What cannot be measured
 * here is undefined, and has no samples.
 */
export async function inRounds<Name extends string, T>(
  rounds: number,
  sides: Readonly<Record<Name, Measure<T> | undefined>>,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(sides) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 0; round < rounds; round += 1)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await sides[name]?.(round);
      if (sample !== undefined) measured[name].push(sample);
    }
  return measured;
}

/** The figure of what each round measured: the medians of both sides, and that of the ratios. */
export function figure(ours: readonly number[], reference: readonly number[], unit: string, name: string): Figure {
  return {
    ours: rounded(median(ours)),
    reference: rounded(median(reference)),
    ratio: rounded(median(ours.map((value, round) => value / (reference[round] as number)))),
    unit,
    rounds: ours.length,
    reference_name: name,
  };
}

/** Operations a second of two sides, with what each costs where the system tells. */
export function throughput(ours: readonly Cell[], reference: readonly Cell[], name: string): Figure {
  const rates = (cells: readonly Cell[]): number[] => cells.map(({ perSecond }) => perSecond);
  const [mine, theirs] = [cpuOf(ours), cpuOf(reference)];
  return {
    ...figure(rates(ours), rates(reference), 'operations/s', name),
    ...(mine === null || theirs === null ? {} : { cpu: { ours: mine, reference: theirs } }),
  };
}

function cpuOf(cells: readonly Cell[]): Cpu | null {
  const told = cells.map(({ cpu }) => cpu).filter((cpu) => cpu !== null);
  if (told.length === 0) return null;
  const of = (part: keyof Cpu): number => rounded(median(told.map((cpu) => cpu[part])));
  return { node: of('node'), postgres: of('postgres') };
}

/** Two figures, `<name>_p50` and `<name>_p99`, of samples; each round has its own percentiles. */
export function percentiles(
  name: string,
  ours: readonly (readonly number[])[],
  reference: readonly (readonly number[])[],
  referenceName: string,
): Figures {
  const at = (share: number): Figure =>
    figure(
      ours.map((samples) => percentile(samples, share)),
      reference.map((samples) => percentile(samples, share)),
      'ms',
      referenceName,
    );
  return { [`${name}_p50`]: at(0.5), [`${name}_p99`]: at(0.99) };
}

/** The smallest sample that at least this share of all do not exceed. @throws RangeError without samples */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}

/** @throws RangeError without samples */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  if (low === undefined || high === undefined) throw new RangeError('nothing was measured');
  return (low + high) / 2;
}

/** Three digits that mean something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
