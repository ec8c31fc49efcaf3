import { isAbsent, type Cpu, type Figures } from './figure.js';
import type { Settings } from './sides/server.js';

/** One line, one object: nothing else may be on standard output. A figure that is absent is no member of it. */
export function asJson(figures: Figures, settings: Settings): string {
  const measured = Object.entries(figures).filter(([, one]) => !isAbsent(one));
  return `${JSON.stringify({ settings, ...Object.fromEntries(measured) })}\n`;
}

const HEAD = [
  'figure',
  'ours',
  'reference',
  'ratio',
  'unit',
  'rounds',
  'CPU ms ours',
  'reference',
  'what the reference is',
];

/** A Markdown table under what it was measured on, for a terminal and for docs/performance.md alike. */
export function asTable(figures: Figures, settings: Settings): string {
  const rows: string[][] = [];
  const absent: string[] = [];
  for (const [name, one] of Object.entries(figures)) {
    if (isAbsent(one)) {
      absent.push(`\`${name}\` is absent: ${one.absent}`);
      continue;
    }
    const { ours, reference, ratio, unit, rounds, cpu, reference_name } = one;
    const numbers = [ours, reference, ratio].map(String);
    rows.push([
      `\`${name}\``,
      ...numbers,
      unit,
      String(rounds),
      parts(cpu?.ours),
      parts(cpu?.reference),
      reference_name,
    ]);
  }
  const widths = HEAD.map((word, column) => Math.max(...[HEAD, ...rows].map((row) => (row[column] ?? word).length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const told = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  const date = new Date().toISOString().slice(0, 10);
  const above = [`${date}; ${told.join(', ')}`, ''];
  return `${[...above, line(HEAD), rule, ...rows.map(line), ...absent].join('\n')}\n`;
}

/** Of node and of PostgreSQL. */
function parts(cpu: Cpu | undefined): string {
  return cpu === undefined ? '' : `${cpu.node} + ${cpu.postgres}`;
}
