import { refuse, RefusalError, type FieldFault } from '#domain/refusal.js';
import { LIMITS } from '#domain/limits.js';

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Reads a query string strictly: known names once each, each by its rule. Collects every fault before it refuses. */
export class QueryReader {
  private readonly faults: FieldFault[] = [];

  constructor(
    private readonly query: Readonly<Record<string, unknown>>,
    known: readonly string[],
  ) {
    for (const [name, value] of Object.entries(query)) {
      if (!known.includes(name)) this.faults.push({ pointer: name, rule: 'is not known here' });
      else if (typeof value !== 'string' || value === '' || value.includes('\0')) this.faults.push({ pointer: name, rule: 'must be given once and not empty' });
    }
  }

  text(name: string, rule?: { test: RegExp; says: string }): string | undefined {
    const value = this.query[name];
    if (typeof value !== 'string' || value === '') return undefined;
    if (value.length > 2_048 || (rule !== undefined && !rule.test.test(value))) {
      this.faults.push({ pointer: name, rule: rule?.says ?? 'is too long' });
      return undefined;
    }
    return value;
  }

  /** An RFC 3339 instant or date, as epoch milliseconds. */
  instant(name: string): number | undefined {
    const value = this.text(name, { test: INSTANT, says: 'must be an RFC 3339 time' });
    if (value === undefined) return undefined;
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) this.faults.push({ pointer: name, rule: 'must be an RFC 3339 time' });
    return ms;
  }

  limit(): number {
    const says = `must be a whole number from 1 to ${LIMITS.pageSizeMax}`;
    const value = this.text('limit', { test: /^\d{1,6}$/, says });
    if (value === undefined) return LIMITS.pageSizeDefault;
    const limit = Number(value);
    if (limit < 1 || limit > LIMITS.pageSizeMax) this.faults.push({ pointer: 'limit', rule: says });
    return limit;
  }

  /** @throws RefusalError when anything was wrong */
  done(): void {
    if (this.faults.length > 0) {
      const unknown = this.faults[0]?.rule === 'is not known here';
      throw new RefusalError(refuse(unknown ? 'unknown_field' : 'invalid_request', 'The query cannot be read.', { errors: this.faults }));
    }
  }
}
