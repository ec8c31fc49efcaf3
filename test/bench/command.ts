import type { Bench } from './figure.js';

export const USAGE = 'Usage: npm run bench -- [<name>…] [--json] [--rounds <n>]';

const ROUNDS = 3;
const ROUNDS_MAX = 100;

export interface Command {
  readonly benches: readonly Bench[];
  readonly json: boolean;
  readonly rounds: number;
}

/** What was asked for, or what is wrong with it. Benches go by their own name or by one of their figures. */
export function readCommand(given: readonly string[], known: readonly Bench[]): Command | string {
  const names: string[] = [];
  let [json, rounds] = [false, ROUNDS];
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] as string;
    if (word === '--json') json = true;
    else if (word === '--rounds' || word.startsWith('--rounds=')) {
      rounds = Number(word.includes('=') ? word.slice('--rounds='.length) : given[(at += 1)]);
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX)
        return `--rounds takes a whole number from 1 to ${ROUNDS_MAX}.`;
    } else if (word.startsWith('-')) return `There is no ${word}.`;
    else names.push(word);
  }
  const answers = (name: string) => (bench: Bench) => bench.name === name || bench.gives.includes(name);
  const unknown = names.find((name) => !known.some(answers(name)));
  if (unknown !== undefined)
    return `There is no bench ${unknown}; there are ${known.map(({ name }) => name).join(', ')}.`;
  const benches = names.length === 0 ? known : known.filter((bench) => names.some((name) => answers(name)(bench)));
  return { benches, json, rounds };
}
