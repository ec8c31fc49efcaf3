import type { PolicyFile } from './load.js';
import { policyPlaces } from './policy-places.js';
import { unifiedDiff } from './unified-diff.js';

/** What became of one policy, or (`policy: null`) of what stands between the policies of a file. */
export interface PolicyChangeMark {
  /** Its `@id`. */
  readonly policy: string | null;
  readonly change: 'added' | 'removed' | 'changed' | 'moved';
  /** Where it stands now; where it stood, for one that was removed. */
  readonly file: string;
}

export interface PolicyDifference extends PolicyChangeMark {
  /** Unified; empty for one that only moved to another file. */
  readonly diff: string;
}

interface Part {
  readonly id: string;
  readonly file: string;
  readonly text: string;
}

/** A change with the texts it is between. */
interface Compared extends PolicyChangeMark {
  readonly was: string;
  readonly is: string;
}

/**
 * What differs between two sets, policy by policy, in the order of files and policies; those that went stand last. A file
 * in which nothing but comments or layout differs is told as a whole.
 */
export function policySetDiff(before: readonly PolicyFile[], after: readonly PolicyFile[]): PolicyDifference[] {
  return compared(before, after).map(({ was, is, ...mark }) => ({
    ...mark,
    diff: unifiedDiff(mark.policy === null ? `policies/${mark.file}` : placeOf(mark.file, mark.policy), was, is),
  }));
}

/** The same without the diffs, which are what costs: only whether texts are equal is asked. */
export function policySetChanges(before: readonly PolicyFile[], after: readonly PolicyFile[]): PolicyChangeMark[] {
  return compared(before, after).map(({ policy, change, file }) => ({ policy, change, file }));
}

function compared(before: readonly PolicyFile[], after: readonly PolicyFile[]): Compared[] {
  const [old, next] = [new Map(before.map(pair)), new Map(after.map(pair))];
  const differing = [...new Set([...old.keys(), ...next.keys()])]
    .filter((name) => old.get(name) !== next.get(name))
    .sort();
  const was = byId(differing.flatMap((name) => partsOf(name, old.get(name))));
  const is = byId(differing.flatMap((name) => partsOf(name, next.get(name))));
  const told = [
    ...[...is.values()].flatMap((part) => changeOf(was.get(part.id), part)),
    ...[...was.values()]
      .filter(({ id }) => !is.has(id))
      .map(({ id, file, text }): Compared => ({ policy: id, change: 'removed', file, was: text, is: '' })),
  ];
  return [...told, ...differing.filter((name) => !mentions(told, was, name)).map((name) => between(name, old, next))];
}

function changeOf(was: Part | undefined, { id, file, text }: Part): Compared[] {
  const both = { policy: id, file, was: was?.text ?? '', is: text };
  if (was === undefined) return [{ ...both, change: 'added' }];
  if (was.text !== text) return [{ ...both, change: 'changed' }];
  return was.file === file ? [] : [{ ...both, change: 'moved' }];
}

/** True when one of the policies that differ stands, or stood, in this file. */
function mentions(told: readonly PolicyChangeMark[], was: ReadonlyMap<string, Part>, name: string): boolean {
  return told.some(({ file, policy }) => file === name || was.get(policy ?? '')?.file === name);
}

function between(file: string, old: ReadonlyMap<string, string>, next: ReadonlyMap<string, string>): Compared {
  const change = !old.has(file) ? 'added' : !next.has(file) ? 'removed' : 'changed';
  return { policy: null, change, file, was: old.get(file) ?? '', is: next.get(file) ?? '' };
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
