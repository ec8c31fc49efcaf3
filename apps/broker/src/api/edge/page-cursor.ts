import { refuse, RefusalError } from '#domain/refusal.js';
import type { CursorSeal } from '#platform/http/cursor.js';

/**
 * Where a page begins, from the query's `cursor`; `null` for the first page.
 * @param boundTo caller and filters that the cursor was sealed to; refuses `invalid_request` for any other
 */
export function openCursor<T>(cursors: CursorSeal, cursor: unknown, boundTo: unknown): T | null {
  if (typeof cursor !== 'string') return null;
  const position = cursors.open(cursor, boundTo);
  if (position === null) {
    throw new RefusalError(
      refuse('invalid_request', 'The cursor does not belong to this query.', {
        errors: [{ pointer: 'cursor', rule: 'must be the next_cursor of the same query' }],
      }),
    );
  }
  return position as T;
}
