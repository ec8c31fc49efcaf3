import type { Refusal } from '#domain/refusal.js';
import { notAForm, refuseWith, type OAuthError } from './errors.js';

/** A POST to an OAuth endpoint, before any framework has made sense of its body. */
export interface FormRequest {
  readonly contentType?: string;
  /** The bytes as they came; absent when there were none. */
  readonly body?: Uint8Array;
  readonly authorization?: string;
  /** The address that sent it. */
  readonly peer?: string;
  /** The `Idempotency-Key` header as read: the key, `null` without one, or why it cannot be used. */
  readonly redeemKey?: string | null | Refusal;
  /** It bears the token of an agent that hands work on. */
  readonly handedOn?: boolean;
}

/** Where every endpoint starts: the request, and what the endpoint needs to answer it. */
export interface Received<Services extends object = object> {
  readonly request: FormRequest;
  readonly services: Services;
}

/** Parameters by name, each sent once and with a value. */
export type Form = ReadonlyMap<string, string>;

export interface WithParameters {
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

export interface WithForm {
  readonly form: Form;
}

/** More than any request has; each is decoded, compared and kept before anybody is authenticated. */
const PARAMETERS_MAX = 64;

/**
 * Reads the body as a form (RFC 6749 appendix B). Parameters of the media type, such as a charset, are tolerated. A
 * request with neither type nor body is an empty form. Refuses another type with 415.
 */
export function requireForm<C extends Received>(context: C): (C & WithParameters) | OAuthError {
  const { contentType, body = new Uint8Array() } = context.request;
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const empty = mediaType === '' && body.length === 0;
  if (!empty && mediaType !== 'application/x-www-form-urlencoded') return notAForm();
  const parameters = parametersOf(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  if (parameters.length > PARAMETERS_MAX) return refuseWith('invalid_request', 'The form has too many parameters.');
  // PostgreSQL cannot hold it, so nothing that is named with it exists.
  if (parameters.some(([name, value]) => name.includes('\0') || value.includes('\0')))
    return refuseWith('invalid_request', 'The form holds a null character.');
  return { ...context, parameters };
}

/** Of these every decoder makes the same: a token is sent in them. */
const PLAIN = /^[\w.~*&=-]*$/;

function parametersOf(text: string): (readonly [string, string])[] {
  // The constructor drops one leading `?`, which in a body is a part of the first name.
  if (!PLAIN.test(text)) return [...new URLSearchParams(`&${text}`)];
  const pairs = text.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const name = pair.split('=', 1)[0] ?? '';
    return [name, pair.slice(name.length + 1)];
  });
}

/**
 * No parameter may be sent twice, known or not; one sent without a value counts as omitted (RFC 6749 section 3.2).
 */
export function refuseRepeatedParameters<C extends WithParameters>(context: C): (C & WithForm) | OAuthError {
  const all = new Map(context.parameters);
  if (all.size < context.parameters.length) return refuseWith('invalid_request', 'A parameter is repeated.');
  return { ...context, form: new Map([...all].filter(([, value]) => value !== '')) };
}
