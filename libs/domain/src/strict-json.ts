import { isWellFormed } from './authority/canonical-json.js';
import { isObject, type Json, type UntypedObject } from './json.js';
import { LIMITS } from './limits.js';

export type StrictJsonRule =
  | 'syntax'
  | 'too_deep'
  | 'too_many_nodes'
  | 'duplicate_key'
  | 'reserved_key'
  | 'lone_surrogate'
  | 'null_character'
  | 'number_range';

/** Text that is not JSON, or JSON that two readers could understand differently. */
export class StrictJsonError extends Error {
  /** @param pointer RFC 6901, to the value or member at fault, or to what encloses it; @param rule the rule it broke */
  constructor(
    readonly pointer: string,
    readonly rule: StrictJsonRule,
  ) {
    super(`JSON refused at "${pointer}": ${rule}`);
    this.name = 'StrictJsonError';
  }
}

/** What a reader of JSON refuses beside text that is not JSON. */
interface Strictness {
  /** Nested containers at most. */
  readonly depthMax: number;
  /** Values at most, containers included. */
  readonly nodesMax: number;
  readonly refused: ReadonlySet<StrictJsonRule>;
}

const BODY: Strictness = {
  depthMax: LIMITS.jsonDepthMax,
  nodesMax: LIMITS.jsonNodesMax,
  refused: new Set(['duplicate_key', 'reserved_key', 'lone_surrogate', 'null_character', 'number_range']),
};
const TOKEN: Strictness = { depthMax: LIMITS.jsonDepthMax, nodesMax: Infinity, refused: new Set(['duplicate_key']) };

/**
 * Parses one RFC 8259 text that every other reader would read the same way.
 * Refuses what JSON.parse lets pass: repeated keys, lone surrogates (raw or escaped), U+0000, numbers beyond ±(2^53−1), keys that
 * begin `__`; and more than 16 nested containers or 2,000 values. A byte order mark is a syntax error; -0 is read as 0.
 * @returns plain objects and arrays; every key is an own property
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string): Json {
  const { minusZero } = new Walk(text, BODY).whole();
  return JSON.parse(text, minusZero ? (_key, value: Json) => (value === 0 ? 0 : value) : undefined) as Json;
}

/**
 * Reads bytes that must be one JSON object in UTF-8. Two parsers that disagree about a repeated member would see two
 * different tokens under one signature, so repeats are refused here (RFC 8725 section 2.4) at every depth.
 * @returns the object, or `null` for bad UTF-8, bad JSON, a repeated member, another JSON type or more than 16 levels
 */
export function strictJsonObject(bytes: Uint8Array): UntypedObject | null {
  try {
    return objectWithin(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), TOKEN);
  } catch {
    return null;
  }
}

/**
 * Reads text of a known sender, in which only its depth is a danger.
 * @returns the object, or `null` for bad JSON, another JSON type or more than `depthMax` nested containers
 */
export function jsonObjectWithin(text: string, depthMax: number): UntypedObject | null {
  return objectWithin(text, { depthMax, nodesMax: Infinity, refused: new Set() });
}

function objectWithin(text: string, strictness: Strictness): UntypedObject | null {
  try {
    new Walk(text, strictness).whole();
  } catch (error) {
    if (error instanceof StrictJsonError) return null;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : null;
}

const WORD = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What stands in a string as far as it is one: raw control characters and unknown escapes end it. */
const IN_STRING = /[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;
const SURROGATE = /[\ud800-\udfff]/;

/** Longer pointers name only the root: a refusal should not send the request back. */
const POINTER_LENGTH_MAX = 256;

/** One walk over the tokens of a text, which builds nothing. The recursion is as deep as the depth limit and no deeper. */
class Walk {
  private at = 0;
  private nodes = 0;
  /** Whether a number is -0, which JSON.parse keeps. */
  minusZero = false;
  /** Key or index inside each open container, outermost first. */
  private readonly path: (string | number)[] = [];

  constructor(
    private readonly text: string,
    private readonly strictness: Strictness,
  ) {}

  /** @throws StrictJsonError at the first fault from the left */
  whole(): this {
    this.value();
    if (this.next() !== '') throw this.fault('syntax');
    return this;
  }

  private value(): void {
    this.nodes += 1;
    if (this.nodes > this.strictness.nodesMax) throw this.fault('too_many_nodes');
    const first = this.next();
    if (first === '"') this.string();
    else if (first === '{' || first === '[') this.container(first);
    else if (this.took(WORD) === '') this.number();
  }

  private container(opening: '{' | '['): void {
    if (this.path.length === this.strictness.depthMax) throw this.fault('too_deep');
    this.at += 1;
    const keys = opening === '{' ? new Set<string>() : null;
    const closing = keys === null ? ']' : '}';
    if (this.tookMark(closing)) return;
    for (let index = 0; index === 0 || this.tookMark(','); index += 1) {
      if (keys === null) this.path.push(index);
      else this.key(keys);
      this.value();
      this.path.pop();
    }
    if (!this.tookMark(closing)) throw this.fault('syntax');
  }

  /** Keys are compared unescaped, so that one spelt with `\u` escapes is still a repeat. Leaves the key on the path. */
  private key(keys: Set<string>): void {
    if (this.next() !== '"') throw this.fault('syntax');
    const key = this.string();
    this.path.push(key);
    if (key.startsWith('__')) this.refuse('reserved_key');
    if (keys.has(key)) this.refuse('duplicate_key');
    keys.add(key);
    if (!this.tookMark(':')) throw this.fault('syntax');
  }

  private string(): string {
    this.at += 1;
    const raw = this.took(IN_STRING);
    const said = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    // PostgreSQL cannot hold it, and no honest text does.
    if (said.includes('\0')) this.refuse('null_character');
    if (this.text[this.at] !== '"') throw this.fault('syntax');
    this.at += 1;
    if (SURROGATE.test(said) && !isWellFormed(said)) this.refuse('lone_surrogate');
    return said;
  }

  private number(): void {
    const digits = this.took(NUMBER);
    if (digits === '') throw this.fault('syntax');
    const value = Number(digits);
    if (Math.abs(value) > LIMITS.integerMax) this.refuse('number_range');
    this.minusZero ||= Object.is(value, -0);
  }

  /** The character behind the space that follows; `''` at the end. */
  private next(): string {
    let next = this.text.charAt(this.at);
    while (next === ' ' || next === '\n' || next === '\r' || next === '\t') next = this.text.charAt((this.at += 1));
    return next;
  }

  private tookMark(mark: string): boolean {
    if (this.next() !== mark) return false;
    this.at += 1;
    return true;
  }

  /** What a pattern matches here, or `''`. */
  private took(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private refuse(rule: StrictJsonRule): void {
    if (this.strictness.refused.has(rule)) throw this.fault(rule);
  }

  private fault(rule: StrictJsonRule): StrictJsonError {
    const pointer = this.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return new StrictJsonError(pointer.length > POINTER_LENGTH_MAX ? '' : pointer, rule);
  }
}
