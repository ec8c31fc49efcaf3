import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { SealedKind } from '#escalations/sealed-kinds.js';

/**
 * HMAC-SHA256 over the kind and the RFC 8785 form of `content`, base64url (43 characters). The kind is part of the
 * text, so the MAC of a vote never fits a grant with the same members.
 * @param key the sub-key `mac`
 * @throws TypeError when `content` is not JSON
 */
export function macOf(key: Uint8Array, kind: SealedKind, content: unknown): string {
  return createHmac('sha256', key)
    .update(`writ:${kind}:v1\n${canonicalJson(content)}`, 'utf8')
    .digest('base64url');
}

/**
 * True when `mac` is the MAC of this content, never for `null`; takes the same time for every wrong one. A row that
 * somebody else wrote may hold what JSON cannot (a number that is too large, or depth without end): nothing of it was
 * ever sealed.
 */
export function macMatches(key: Uint8Array, kind: SealedKind, content: unknown, mac: string | null): boolean {
  if (mac === null) return false;
  let expected: Buffer;
  try {
    expected = Buffer.from(macOf(key, kind, content), 'utf8');
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
  const given = Buffer.from(mac, 'utf8');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
