/** What an endpoint answers, before any framework. A `null` body is sent empty. */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> | null;
  /** For the log alone. */
  readonly logged?: string;
}

/** RFC 6749 section 5.1; refusals carry the same, since a cached refusal would outlive its reason. */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

/** An answer that was given before, to the same call. */
export const REPLAYED = { 'Idempotency-Replayed': 'true' } as const;

/** Status 200, never stored. */
export function answer(body: OAuthAnswer['body']): OAuthAnswer {
  return { status: 200, headers: NO_STORE, body };
}
