import { availableParallelism } from 'node:os';
import type { Figures } from './figure.js';

/** One line, one object: nothing else may be on standard output. */
export function asJson(figures: Figures): string {
  return `${JSON.stringify(figures)}\n`;
}

/** A Markdown table, for a terminal and for docs/performance.md alike. */
export function asTable(figures: Figures): string {
  const rows = Object.entries(figures).map(([name, { ours, reference, ratio, unit, rounds, reference_name }]) => [
    `\`${name}\``,
    String(ours),
    String(reference),
    String(ratio),
    unit,
    String(rounds),
    reference_name,
  ]);
  const head = ['figure', 'ours', 'reference', 'ratio', 'unit', 'rounds', 'what the reference is'];
  const widths = head.map((word, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? word).length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${date}, ${availableParallelism()} cores, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
  return `${[machine, '', line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
