import { refuse, RefusalError, type FieldFault, type RefusalCode } from '#domain/refusal.js';
import { LIMITS } from '#domain/limits.js';
import { statusOf } from '#contracts/wire/problem-types.js';

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

interface Fault extends FieldFault {
  readonly code: RefusalCode;
}

/** Reads a query string strictly: known names once each, each by its rule. Collects every fault before it refuses. */
export class QueryReader {
  private readonly faults: Fault[] = [];

  constructor(
    private readonly query: Readonly<Record<string, unknown>>,
    known: readonly string[],
  ) {
    for (const [name, value] of Object.entries(query)) {
      if (!known.includes(name)) this.fault('unknown_field', name, 'is not known here');
      else if (typeof value !== 'string' || value === '' || value.includes('\0'))
        this.fault('invalid_request', name, 'must be given once and not empty');
    }
  }

  /** A name that this caller may not use is as unknown as any. */
  refuse(name: string): void {
    if (Object.hasOwn(this.query, name)) this.fault('unknown_field', name, 'is not known here');
  }

  text(name: string, rule?: { test: RegExp; says: string }): string | undefined {
    const value = this.query[name];
    if (typeof value !== 'string' || value === '') return undefined;
    if (rule !== undefined && !rule.test.test(value)) this.fault('invalid_request', name, rule.says);
    else if (value.length > 2_048) this.fault('too_long', name, 'must be at most 2048 characters');
    else return value;
    return undefined;
  }

  /** The same for one that must be there; empty where it is not, which `done` then refuses. */
  needed(name: string, rule?: { test: RegExp; says: string }): string {
    if (!Object.hasOwn(this.query, name)) this.fault('invalid_request', name, 'is needed');
    return this.text(name, rule) ?? '';
  }

  /** An RFC 3339 instant or date, as epoch milliseconds. */
  instant(name: string): number | undefined {
    const value = this.text(name, { test: INSTANT, says: 'must be an RFC 3339 time' });
    if (value === undefined) return undefined;
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) this.fault('invalid_request', name, 'must be an RFC 3339 time');
    return ms;
  }

  limit(): number {
    const says = `must be a whole number from 1 to ${LIMITS.pageSizeMax}`;
    const value = this.text('limit', { test: /^-?\d{1,15}$/, says });
    if (value === undefined) return LIMITS.pageSizeDefault;
    const limit = Number(value);
    if (limit < 1 || limit > LIMITS.pageSizeMax) this.fault('out_of_range', 'limit', says);
    return limit;
  }

  /** Wrong shapes outrank unacceptable values, as in a body. @throws RefusalError when anything was wrong */
  done(): void {
    const first = this.faults.find(({ code }) => statusOf(code) === 400) ?? this.faults[0];
    if (first === undefined) return;
    const errors = this.faults.map(({ pointer, rule }) => ({ pointer, rule }));
    throw new RefusalError(refuse(first.code, 'The query cannot be read.', { errors }));
  }

  private fault(code: RefusalCode, pointer: string, rule: string): void {
    this.faults.push({ code, pointer, rule });
  }
}
