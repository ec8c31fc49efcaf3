import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '#domain/authority/canonical-json.js';

/** The rows that carry a MAC: whoever can write the database but lacks the master key cannot make one that counts. */
export type MacKind = 'vote' | 'policy' | 'grant' | 'event' | 'watch';

/**
 * HMAC-SHA256 over the kind and the RFC 8785 form of `content`, base64url (43 characters). The kind is part of the
 * text, so the MAC of a vote never fits a grant with the same members.
 * @param key the sub-key `mac`
 * @throws TypeError when `content` is not JSON
 */
export function macOf(key: Uint8Array, kind: MacKind, content: unknown): string {
  return createHmac('sha256', key)
    .update(`writ:${kind}:v1\n${canonicalJson(content)}`, 'utf8')
    .digest('base64url');
}

/** True when `mac` is the MAC of this content; takes the same time for every wrong one. */
export function macMatches(key: Uint8Array, kind: MacKind, content: unknown, mac: string): boolean {
  const expected = Buffer.from(macOf(key, kind, content), 'utf8');
  const given = Buffer.from(mac, 'utf8');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
