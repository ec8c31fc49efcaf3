import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UntypedObject } from '#domain/json.js';
import { jsonObjectWithin } from '#domain/strict-json.js';

/** Headers as Node gives them: lower-case names, repeated ones joined or as arrays. */
export type RawHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface SlackDelivery {
  /** The bytes as received; the signature covers them and nothing else. */
  readonly rawBody: Buffer;
  readonly headers: RawHeaders;
  readonly signingSecret: string;
  readonly nowSeconds: number;
}

/** `replayKey` is the HMAC we computed: unlike the header it has one spelling, so a replay cannot be respelt. */
export type DeliveryVerdict = { readonly ok: true; readonly replayKey: string } | { readonly ok: false };

export const SLACK_PAST_SECONDS_MAX = 300;
export const SLACK_FUTURE_SECONDS_MAX = 60;

const TIMESTAMP = /^\d{10}$/;
const SIGNATURE = /^v0=[0-9a-f]{64}$/;
const CONTENT_TYPES: readonly string[] = ['application/x-www-form-urlencoded', 'application/json'];
/** True for the types that Slack sends, spelled as it spells them: without parameters. */
export function isSlackType(contentType: string | undefined): boolean {
  return contentType !== undefined && CONTENT_TYPES.includes(contentType);
}

const REFUSED: DeliveryVerdict = { ok: false };

/**
 * Judges one POST that claims to be Slack's: exact header grammar, each header once, a known content type without
 * parameters or encoding, a stamp at most 300 s old and 60 s ahead, then the HMAC in constant time.
 */
export function verifySlackDelivery(delivery: SlackDelivery): DeliveryVerdict {
  const { rawBody, headers, signingSecret, nowSeconds } = delivery;
  const stamp = single(headers, 'x-slack-request-timestamp');
  const signature = single(headers, 'x-slack-signature');
  const contentType = single(headers, 'content-type');
  if (signingSecret === '' || stamp === null || signature === null || contentType === null) return REFUSED;
  if (!TIMESTAMP.test(stamp) || !SIGNATURE.test(signature) || !isSlackType(contentType)) return REFUSED;
  if (headers['content-encoding'] !== undefined) return REFUSED;
  const age = nowSeconds - Number(stamp);
  if (!(age <= SLACK_PAST_SECONDS_MAX && age >= -SLACK_FUTURE_SECONDS_MAX)) return REFUSED;

  const computed = createHmac('sha256', signingSecret).update(`v0:${stamp}:`).update(rawBody).digest('hex');
  const equal = timingSafeEqual(Buffer.from(`v0=${computed}`), Buffer.from(signature));
  return equal ? { ok: true, replayKey: computed } : REFUSED;
}

function single(headers: RawHeaders, name: string): string | null {
  const spellings = Object.keys(headers).filter((key) => key.toLowerCase() === name);
  const value = spellings.length === 1 ? headers[spellings[0] as string] : undefined;
  return typeof value === 'string' ? value : null;
}

export type SlackBody =
  | { readonly kind: 'interaction'; readonly payload: UntypedObject }
  | { readonly kind: 'event'; readonly payload: UntypedObject }
  | { readonly kind: 'url_verification'; readonly challenge: string }
  | { readonly kind: 'command'; readonly payload: Readonly<Record<string, string>> };

/** A walker further on would meet deeper nesting with a RangeError. */
const DEPTH_MAX = 64;

/**
 * Reads a verified body. `null` for everything that is not exactly one known shape: a form with a repeated field or
 * with anything beside `payload`, an interaction sent as JSON, an `ssl_check`, invalid UTF-8, deep nesting.
 */
export function parseSlackBody(rawBody: Buffer, contentType: string): SlackBody | null {
  const text = utf8(rawBody);
  if (text === null) return null;
  if (contentType === 'application/json') return parseEvent(text);
  if (contentType === 'application/x-www-form-urlencoded') return parseForm(text);
  return null;
}

function parseForm(text: string): SlackBody | null {
  const entries = [...new URLSearchParams(text)];
  const fields = new Map(entries);
  if (fields.size !== entries.length || fields.has('ssl_check')) return null;
  const payload = fields.get('payload');
  if (payload !== undefined) {
    const parsed = fields.size === 1 ? jsonObjectWithin(payload, DEPTH_MAX) : null;
    return parsed !== null && typeof parsed['type'] === 'string' && INTERACTIONS.has(parsed['type'])
      ? { kind: 'interaction', payload: parsed }
      : null;
  }
  // One that lacks more than that is read on: whoever typed it is told so.
  const typed = ['command', 'user_id'].every((name) => (fields.get(name) ?? '') !== '');
  return typed ? { kind: 'command', payload: Object.fromEntries(fields) } : null;
}

const INTERACTIONS: ReadonlySet<string> = new Set([
  'block_actions',
  'view_submission',
  'view_closed',
  'shortcut',
  'message_action',
]);

function parseEvent(text: string): SlackBody | null {
  const parsed = jsonObjectWithin(text, DEPTH_MAX);
  if (parsed?.['type'] === 'url_verification' && typeof parsed['challenge'] === 'string') {
    return { kind: 'url_verification', challenge: parsed['challenge'] };
  }
  return parsed?.['type'] === 'event_callback' ? { kind: 'event', payload: parsed } : null;
}

function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
