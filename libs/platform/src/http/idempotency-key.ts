import { LIMITS } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';

/**
 * Reads an Idempotency-Key header: bare or as a quoted structured string, 1-128 visible ASCII characters.
 * @returns the key, `null` when the header is absent, or the refusal
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | null | Refusal {
  if (header === undefined) return null;
  const rule = `must be one value of 1-${LIMITS.idempotencyKeyLengthMax} visible ASCII characters`;
  const wrong = refuse('invalid_request', 'The Idempotency-Key header cannot be used.', {
    errors: [{ pointer: 'Idempotency-Key', rule }],
  });
  if (Array.isArray(header)) return wrong;
  const quoted = /^"([\x21\x23-\x5b\x5d-\x7e]*)"$/.exec(header);
  const key = quoted === null ? header : (quoted[1] as string);
  return /^[\x21-\x7e]{1,128}$/.test(key) ? key : wrong;
}
