import { isObject } from '#domain/json.js';
import { CONFIGURED_ID } from '#domain/limits.js';
import type { ProblemList } from '../configuration-error.js';

/**
 * One value of `writ.yaml` with the path that problems call it by. A reader notes a problem and answers a stand-in, so that
 * reading goes on to the next one; stand-ins never leave, because any problem ends in a thrown ConfigurationError.
 */
export class CatalogNode {
  constructor(
    readonly value: unknown,
    readonly path: string,
    readonly problems: ProblemList,
  ) {}

  /** Notes that this value broke `rule`. */
  refuse(rule: string): void {
    this.problems.add(this.path === '' ? 'writ.yaml' : this.path, rule);
  }

  /** False when the file does not have this member. */
  get isPresent(): boolean {
    return this.value !== undefined;
  }

  /** True for a mapping, whatever it holds; nothing is noted otherwise. */
  get isMapping(): boolean {
    return isObject(this.value);
  }

  /** The members of a mapping that has all of `required` and nothing beyond `required` and `optional`. */
  fields<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): Record<R | O, CatalogNode> {
    const record = this.record();
    const known: readonly string[] = [...required, ...optional];
    if (record !== null) {
      for (const key of Object.keys(record)) if (!known.includes(key)) this.child(key).refuse('is not a known key');
      for (const key of required) if (!Object.hasOwn(record, key)) this.child(key).refuse('is required');
    }
    return Object.fromEntries(known.map((key) => [key, this.child(key)])) as Record<R | O, CatalogNode>;
  }

  /** The members of a mapping whose keys the file chooses. */
  entries(): { readonly key: string; readonly node: CatalogNode }[] {
    return Object.keys(this.record() ?? {}).map((key) => ({ key, node: this.child(key) }));
  }

  /** The items of a list; none when absent. */
  items(): CatalogNode[] {
    if (!this.isPresent) return [];
    if (!Array.isArray(this.value)) {
      this.refuse('must be a list');
      return [];
    }
    return this.value.map((item, index) => new CatalogNode(item, `${this.path}[${index}]`, this.problems));
  }

  /** Text of 1 to `lengthMax` characters, none of them a control character; '' when absent or refused. */
  text(lengthMax: number): string {
    if (!this.isPresent) return '';
    if (typeof this.value !== 'string') this.refuse('must be text (put it in quotes)');
    else if (this.value.trim() === '' || [...this.value].length > lengthMax)
      this.refuse(`must have 1 to ${lengthMax} characters`);
    else if (/\p{Cc}/u.test(this.value)) this.refuse('must not hold control characters');
    else return this.value;
    return '';
  }

  /** Like `text`, but null when absent. */
  optionalText(lengthMax: number): string | null {
    return this.isPresent ? this.text(lengthMax) : null;
  }

  /** Text that matches the whole of `grammar`; '' when absent or refused. */
  matching(grammar: RegExp, rule: string): string {
    if (!this.isPresent) return '';
    if (typeof this.value === 'string' && grammar.test(this.value)) return this.value;
    this.refuse(typeof this.value === 'string' ? rule : 'must be text (put it in quotes)');
    return '';
  }

  /** An id of an agent, client, person or group; '' when absent or refused. */
  id(): string {
    return this.matching(
      CONFIGURED_ID,
      'must begin with a letter or digit and hold only letters, digits, ".", "_" and "-" (128 at most)',
    );
  }

  /** A list of different ids. */
  ids(): string[] {
    return distinct(this.items(), (item) => item.id());
  }

  /** A whole number within both bounds, or `fallback` when absent. */
  integer(min: number, max: number, fallback: number): number {
    if (!this.isPresent) return fallback;
    if (typeof this.value === 'number' && Number.isSafeInteger(this.value) && this.value >= min && this.value <= max)
      return this.value;
    this.refuse(`must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  /** One of `choices`; the first when absent or refused. */
  oneOf<T extends string>(choices: readonly [T, ...T[]]): T {
    if (!this.isPresent) return choices[0];
    const choice = choices.find((candidate) => candidate === this.value);
    if (choice === undefined) {
      this.refuse(
        `must be ${choices.length === 1 ? choices[0] : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`}`,
      );
    }
    return choice ?? choices[0];
  }

  /** A list of different members of `choices`. */
  someOf<T extends string>(choices: readonly [T, ...T[]]): T[] {
    return distinct(this.items(), (item) => item.oneOf(choices));
  }

  private record(): Record<string, unknown> | null {
    if (this.isMapping) return this.value as Record<string, unknown>;
    if (this.isPresent) this.refuse('must be a mapping');
    return null;
  }

  private child(key: string): CatalogNode {
    const own = this.isMapping && Object.hasOwn(this.value as object, key);
    const path = this.path === '' ? key : `${this.path}.${key}`;
    return new CatalogNode(own ? (this.value as Record<string, unknown>)[key] : undefined, path, this.problems);
  }
}

/** Reads every item and notes those whose value stood before. */
function distinct<T extends string>(items: readonly CatalogNode[], read: (item: CatalogNode) => T): T[] {
  const seen = new Set<unknown>();
  return items.map((item) => {
    if (seen.has(item.value)) item.refuse('stands twice in this list');
    seen.add(item.value);
    return read(item);
  });
}
