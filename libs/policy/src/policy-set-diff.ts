import type { PolicyFile } from './load.js';
import { policyPlaces } from './policy-places.js';
import { unifiedDiff } from './unified-diff.js';

/** What became of one policy, or (`policy: null`) of what stands between the policies of a file. */
export interface PolicyDifference {
  /** Its `@id`. */
  readonly policy: string | null;
  readonly change: 'added' | 'removed' | 'changed' | 'moved';
  /** Where it stands now; where it stood, for one that was removed. */
  readonly file: string;
  /** Unified; empty for one that only moved to another file. */
  readonly diff: string;
}

interface Part {
  readonly id: string;
  readonly file: string;
  readonly text: string;
}

/**
 * What differs between two sets, policy by policy, in the order of files and policies; those that went stand last. A file
 * in which nothing but comments or layout differs is told as a whole.
 */
export function policySetDiff(before: readonly PolicyFile[], after: readonly PolicyFile[]): PolicyDifference[] {
  const [old, next] = [new Map(before.map(pair)), new Map(after.map(pair))];
  const differing = [...new Set([...old.keys(), ...next.keys()])]
    .filter((name) => old.get(name) !== next.get(name))
    .sort();
  const was = byId(differing.flatMap((name) => partsOf(name, old.get(name))));
  const is = byId(differing.flatMap((name) => partsOf(name, next.get(name))));
  const told = [
    ...[...is.values()].flatMap((part) => differenceOf(was.get(part.id), part)),
    ...[...was.values()]
      .filter(({ id }) => !is.has(id))
      .map(({ id, file, text }): PolicyDifference => ({
        policy: id,
        change: 'removed',
        file,
        diff: unifiedDiff(placeOf(file, id), text, ''),
      })),
  ];
  return [...told, ...differing.filter((name) => !mentions(told, was, name)).map((name) => between(name, old, next))];
}

function differenceOf(was: Part | undefined, { id, file, text }: Part): PolicyDifference[] {
  const diff = unifiedDiff(placeOf(file, id), was?.text ?? '', text);
  if (was === undefined) return [{ policy: id, change: 'added', file, diff }];
  if (was.text !== text) return [{ policy: id, change: 'changed', file, diff }];
  return was.file === file ? [] : [{ policy: id, change: 'moved', file, diff }];
}

/** True when one of the policies that differ stands, or stood, in this file. */
function mentions(told: readonly PolicyDifference[], was: ReadonlyMap<string, Part>, name: string): boolean {
  return told.some(({ file, policy }) => file === name || was.get(policy ?? '')?.file === name);
}

function between(file: string, old: ReadonlyMap<string, string>, next: ReadonlyMap<string, string>): PolicyDifference {
  const change = !old.has(file) ? 'added' : !next.has(file) ? 'removed' : 'changed';
  return {
    policy: null,
    change,
    file,
    diff: unifiedDiff(`policies/${file}`, old.get(file) ?? '', next.get(file) ?? ''),
  };
}

function partsOf(file: string, text: string | undefined): Part[] {
  return text === undefined ? [] : policyPlaces({ text }).map((place) => ({ id: place.id, file, text: place.text }));
}

function byId(parts: readonly Part[]): ReadonlyMap<string, Part> {
  return new Map(parts.map((part) => [part.id, part]));
}

function pair({ name, text }: PolicyFile): [string, string] {
  return [name, text];
}

function placeOf(file: string, id: string): string {
  return `policies/${file}#${id}`;
}
