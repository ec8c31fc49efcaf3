import type { Bench } from './figure.js';

export const USAGE = 'Usage: npm run bench -- [<name>…] [--json] [--rounds <n>] | --short [--write-ratios] [--json]';

/** Fewer say too little of a machine that does other things too. */
const ROUNDS = 5;
const ROUNDS_MAX = 100;

export interface Command {
  readonly benches: readonly Bench[];
  readonly json: boolean;
  readonly rounds: number;
  /** The ratios that CI compares; `write` keeps them. */
  readonly short: 'compare' | 'write' | null;
}

/** What was asked for, or what is wrong with it. Benches go by their own name or by one of their figures. */
export function readCommand(given: readonly string[], known: readonly Bench[]): Command | string {
  const names: string[] = [];
  let [json, short, write, rounds] = [false, false, false, ROUNDS];
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] as string;
    if (word === '--json') json = true;
    else if (word === '--short') short = true;
    else if (word === '--write-ratios') write = true;
    else if (word === '--rounds' || word.startsWith('--rounds=')) {
      rounds = Number(word.includes('=') ? word.slice('--rounds='.length) : given[(at += 1)]);
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX)
        return `--rounds takes a whole number from 1 to ${ROUNDS_MAX}.`;
    } else if (word.startsWith('-')) return `There is no ${word}.`;
    else names.push(word);
  }
  if (write && !short) return '--write-ratios goes with --short.';
  if (short && names.length > 0) return '--short names its figures itself.';
  const answers = (name: string) => (bench: Bench) => bench.name === name || bench.gives.includes(name);
  const unknown = names.find((name) => !known.some(answers(name)));
  if (unknown !== undefined)
    return `There is no bench ${unknown}; there are ${known.map(({ name }) => name).join(', ')}.`;
  const benches = names.length === 0 ? known : known.filter((bench) => names.some((name) => answers(name)(bench)));
  return { benches, json, rounds, short: short ? (write ? 'write' : 'compare') : null };
}
