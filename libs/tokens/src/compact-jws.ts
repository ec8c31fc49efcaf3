import type { UntypedObject } from '#domain/json.js';
import { strictJsonObject } from '#domain/strict-json.js';

/** The parts of a compact JWS, not yet verified. `signingInput` is the ASCII text the signature covers. */
export interface CompactJws {
  readonly header: UntypedObject;
  readonly payload: UntypedObject;
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** Why a text is no compact JWS, for the log only. */
export interface JwsFault {
  readonly fault: string;
}

/** Larger texts are refused before a byte is decoded. */
export const JWS_BYTES_MAX = 8 * 1024;

/**
 * Takes a compact JWS apart (RFC 7515 section 7.1) without believing any of it: one spelling for each text, so that no
 * second string carries the same signature. Both own and foreign tokens pass here before any key is looked for.
 * @returns the parts, or the fault: too large, not three parts, base64url that is not canonical, JSON that is not strict
 */
export function openCompactJws(token: unknown): CompactJws | JwsFault {
  if (typeof token !== 'string') return { fault: 'not a string' };
  if (token.length > JWS_BYTES_MAX) return { fault: 'larger than 8 KiB' };
  const parts = token.split('.');
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || !headerPart || !payloadPart || !signaturePart) return { fault: 'not three filled parts' };
  const bytes = [headerPart, payloadPart, signaturePart].map(canonicalBase64Url);
  const [headerBytes, payloadBytes, signature] = bytes;
  if (!headerBytes || !payloadBytes || !signature) return { fault: 'base64url that is not canonical' };
  const header = strictJsonObject(headerBytes);
  if (header === null) return { fault: 'a header that is no strict JSON object' };
  const payload = strictJsonObject(payloadBytes);
  if (payload === null) return { fault: 'a payload that is no strict JSON object' };
  return { header, payload, signingInput: `${headerPart}.${payloadPart}`, signature };
}

/** The bytes of an unpadded base64url text (RFC 7515 section 2), or `null` when another text is its one spelling. */
export function canonicalBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
