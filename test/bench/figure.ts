/** One measured figure, in the shape of `npm run bench -- --json`. */
export interface Figure {
  readonly ours: number;
  readonly reference: number;
  /** ours ÷ reference. */
  readonly ratio: number;
  readonly unit: string;
  readonly rounds: number;
  readonly reference_name: string;
}

export type Figures = Readonly<Record<string, Figure>>;

/** One benchmark: it opens what it needs, measures both sides in turn and closes everything. */
export interface Bench {
  readonly name: string;
  /** The figures that it prints. */
  readonly gives: readonly string[];
  run(rounds: number, say: (line: string) => void): Promise<Figures>;
}

/** Measures both sides in every round; who begins changes with each. */
export async function interleaved<T>(
  rounds: number,
  ours: (round: number) => Promise<T>,
  reference: (round: number) => Promise<T>,
): Promise<{ ours: T[]; reference: T[] }> {
  const measured = { ours: [] as T[], reference: [] as T[] };
  for (let round = 0; round < rounds; round += 1) {
    const oursFirst = round % 2 === 0;
    if (oursFirst) measured.ours.push(await ours(round));
    measured.reference.push(await reference(round));
    if (!oursFirst) measured.ours.push(await ours(round));
  }
  return measured;
}

/** The figure of what each round measured: medians, and the ratio of these. */
export function figure(ours: readonly number[], reference: readonly number[], unit: string, name: string): Figure {
  const [mine, theirs] = [median(ours), median(reference)];
  return {
    ours: rounded(mine),
    reference: rounded(theirs),
    ratio: rounded(mine / theirs),
    unit,
    rounds: ours.length,
    reference_name: name,
  };
}

/** Two figures, `<name>_p50` and `<name>_p99`, of samples; each round has its own percentiles. */
export function percentiles(
  name: string,
  ours: readonly (readonly number[])[],
  reference: readonly (readonly number[])[],
  unit: string,
  referenceName: string,
): Figures {
  const at = (share: number): Figure =>
    figure(
      ours.map((samples) => percentile(samples, share)),
      reference.map((samples) => percentile(samples, share)),
      unit,
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

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return (
    (percentile(sorted, 0.5) +
      percentile(
        sorted.reverse().map((value) => -value),
        0.5,
      ) *
        -1) /
    2
  );
}

/** Three digits that mean something. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
