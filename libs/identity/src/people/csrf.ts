import { refuse, type Refusal } from '#domain/refusal.js';
import { isSameOrigin } from './web-origin.js';

/** The parts of a request that a page of another site cannot choose freely. Header values as received. */
export interface CookieRequest {
  readonly method: string;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly contentType: string | undefined;
  readonly issuer: string;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses a request that a foreign page could have sent with the session cookie. Unsafe methods need a JSON content
 * type, which forms cannot send, and where the browser says whence the request comes it must be from here.
 * @returns the refusal `csrf`, or `null` when the request may go on
 */
export function csrfRefusal(request: CookieRequest): Refusal | null {
  if (SAFE_METHODS.includes(request.method.toUpperCase())) return null;
  const mediaType = request.contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return refuse('csrf', 'Content-Type is not application/json');
  if (request.origin !== undefined && !isSameOrigin(request.origin, request.issuer)) {
    return refuse('csrf', 'Origin is not this broker');
  }
  if (request.secFetchSite !== undefined && request.secFetchSite !== 'same-origin') {
    return refuse('csrf', 'the request comes from another site');
  }
  return null;
}
