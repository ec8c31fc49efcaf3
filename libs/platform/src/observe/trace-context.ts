import type { TraceContext } from '#escalations/watch/observation.js';

/** Version 00 of W3C Trace Context; a later version begins with the same members. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const STORED = /^([0-9a-f]{32})-([0-9a-f]{16})$/;

/** What a `traceparent` header says; `null` when it says nothing that the specification allows. */
export function readTraceparent(header: unknown): (TraceContext & { readonly sampled: boolean }) | null {
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACEPARENT.exec(String(header)) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The header for a span that is recorded. */
export function writeTraceparent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** The form in which outbox rows carry it. */
export function readStoredTrace(text: string | null): TraceContext | null {
  const [, traceId, spanId] = STORED.exec(text ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? null : { traceId, spanId };
}
