import { isWellFormed } from '#domain/authority/canonical-json.js';
import type { Json, JsonObject } from '#domain/json.js';
import { LIMITS } from '#domain/limits.js';

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

/**
 * Parses one RFC 8259 text that every other reader would read the same way.
 * Refuses what JSON.parse lets pass: repeated keys, lone surrogates (raw or escaped), U+0000, numbers beyond ±(2^53−1), keys that
 * begin `__`; and more than 16 nested containers or 2,000 values. A byte order mark is a syntax error; -0 is read as 0.
 * @returns plain objects and arrays; every key is an own property
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string): Json {
  return new StrictJsonParser(text).parse();
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const HEXADECIMAL = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Longer pointers name only the root: a refusal should not send the request back. */
const POINTER_LENGTH_MAX = 256;

/** Recursive descent; the recursion is as deep as the depth limit and no deeper. */
class StrictJsonParser {
  private at = 0;
  private nodes = 0;
  private depth = 0;
  /** Key or index inside each open container, outermost first; entries beyond `depth` are stale. */
  private readonly path: (string | number)[] = [];

  constructor(private readonly text: string) {}

  parse(): Json {
    const value = this.value();
    this.skipSpace();
    if (this.at < this.text.length) throw this.fault('syntax');
    return value;
  }

  private value(): Json {
    this.skipSpace();
    this.nodes += 1;
    if (this.nodes > LIMITS.jsonNodesMax) throw this.fault('too_many_nodes');
    const code = this.text.charCodeAt(this.at);
    if (code === QUOTE) return this.string();
    if (code === OPEN_BRACE) return this.object();
    if (code === OPEN_BRACKET) return this.array();
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.number();
    if (this.takeWord('true')) return true;
    if (this.takeWord('false')) return false;
    if (this.takeWord('null')) return null;
    throw this.fault('syntax');
  }

  private object(): JsonObject {
    const object: Record<string, Json> = {};
    this.open();
    if (!this.take(CLOSE_BRACE)) {
      do {
        const key = this.key(object);
        this.path[this.depth - 1] = key;
        if (!this.take(COLON)) throw this.fault('syntax');
        // Safe by plain assignment: the only setters of Object.prototype begin `__`, and such keys are refused.
        object[key] = this.value();
      } while (this.take(COMMA));
      if (!this.take(CLOSE_BRACE)) throw this.fault('syntax', this.depth - 1);
    }
    this.depth -= 1;
    return object;
  }

  private key(object: Record<string, Json>): string {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== QUOTE) throw this.fault('syntax', this.depth - 1);
    const key = this.string(this.depth - 1);
    this.path[this.depth - 1] = key;
    if (key.startsWith('__')) throw this.fault('reserved_key');
    if (Object.hasOwn(object, key)) throw this.fault('duplicate_key');
    return key;
  }

  private array(): Json[] {
    const items: Json[] = [];
    this.open();
    if (!this.take(CLOSE_BRACKET)) {
      do {
        this.path[this.depth - 1] = items.length;
        items.push(this.value());
      } while (this.take(COMMA));
      if (!this.take(CLOSE_BRACKET)) throw this.fault('syntax', this.depth - 1);
    }
    this.depth -= 1;
    return items;
  }

  private open(): void {
    if (this.depth === LIMITS.jsonDepthMax) throw this.fault('too_deep');
    this.at += 1;
    this.depth += 1;
  }

  /** Copies stretches between escapes, so that a text without any is one slice. */
  private string(faultDepth = this.depth): string {
    const { text } = this;
    let from = this.at + 1;
    let at = from;
    let decoded = '';
    let surrogates = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        decoded += text.slice(from, at);
        const unit = this.escape(at + 1, faultDepth);
        surrogates ||= isSurrogate(unit.charCodeAt(0));
        // PostgreSQL cannot hold it, and no honest text does.
        if (unit === '\0') throw this.fault('null_character', faultDepth);
        decoded += unit;
        at = this.at;
        from = at;
      } else if (code >= 0x20) {
        surrogates ||= isSurrogate(code);
        at += 1;
      } else {
        // A raw control character, or NaN: the text ended inside the string.
        throw this.fault('syntax', faultDepth);
      }
    }
    decoded = decoded === '' ? text.slice(from, at) : decoded + text.slice(from, at);
    this.at = at + 1;
    if (surrogates && !isWellFormed(decoded)) throw this.fault('lone_surrogate', faultDepth);
    return decoded;
  }

  /** The UTF-16 unit of the escape whose letter stands at `at`; leaves `this.at` behind it. */
  private escape(at: number, faultDepth: number): string {
    if (this.text.charCodeAt(at) === LOWER_U) {
      HEXADECIMAL.lastIndex = at + 1;
      if (!HEXADECIMAL.test(this.text)) throw this.fault('syntax', faultDepth);
      this.at = at + 5;
      return String.fromCharCode(Number.parseInt(this.text.slice(at + 1, at + 5), 16));
    }
    const unit = ESCAPES[this.text.charAt(at)];
    if (unit === undefined) throw this.fault('syntax', faultDepth);
    this.at = at + 1;
    return unit;
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    if (!NUMBER.test(this.text)) throw this.fault('syntax');
    const value = Number(this.text.slice(this.at, NUMBER.lastIndex));
    if (Math.abs(value) > LIMITS.integerMax) throw this.fault('number_range');
    this.at = NUMBER.lastIndex;
    return value === 0 ? 0 : value;
  }

  private takeWord(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private take(code: number): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== code) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  private fault(rule: StrictJsonRule, depth = this.depth): StrictJsonError {
    const pointer = this.path
      .slice(0, depth)
      .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
    return new StrictJsonError(pointer.length > POINTER_LENGTH_MAX ? '' : pointer, rule);
  }
}

function isSurrogate(code: number): boolean {
  return code >= FIRST_SURROGATE && code <= LAST_SURROGATE;
}
