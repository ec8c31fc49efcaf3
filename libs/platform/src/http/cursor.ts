import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { canonicalJson } from '#domain/authority/canonical-json.js';

/**
 * Seals the position of a page to its caller and filters (AES-256-GCM, both as associated data): an edited cursor, or
 * one moved to another query or caller, does not open.
 */
export class CursorSeal {
  /** @param key 32 bytes derived for cursors only */
  constructor(private readonly key: Buffer) {}

  seal(position: unknown, boundTo: unknown): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(bound(boundTo));
    const body = Buffer.concat([cipher.update(JSON.stringify(position), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
  }

  /** @returns the position, or `null` when the cursor is not ours, not for this, or was edited */
  open(cursor: string, boundTo: unknown): unknown {
    const bytes = Buffer.from(cursor, 'base64url');
    if (bytes.length < 29 || bytes.toString('base64url') !== cursor) return null;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12))
        .setAAD(bound(boundTo))
        .setAuthTag(bytes.subarray(12, 28));
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8'));
    } catch {
      return null;
    }
  }
}

function bound(to: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(to)).digest();
}
