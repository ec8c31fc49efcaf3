import { SpanSink, type EndedSpan } from './tracer.js';

/** How an exporter paces itself. */
export interface ExportTiming {
  readonly batch: number;
  /** Spans kept while the collector is away; later ones are dropped and counted. */
  readonly queueMax: number;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

export const EXPORT_TIMING: ExportTiming = { batch: 256, queueMax: 4_096, everyMs: 1_000, timeoutMs: 2_000 };

const KINDS = { internal: 1, server: 2, client: 3, consumer: 5 } as const;

/**
 * OTLP over HTTP in JSON (OpenTelemetry protocol 1.x) to the collector that the operator names. One request at a time,
 * in the background: a collector that is slow or away costs spans, never an answer.
 */
export class OtlpExporter extends SpanSink {
  private queue: EndedSpan[] = [];
  private sending: Promise<void> | null = null;
  private readonly timer: NodeJS.Timeout;
  private readonly url: string;
  dropped = 0;

  /**
   * @param endpoint base URL; `/v1/traces` is added to its path
   * @param resource attributes of this process, such as its roles
   */
  constructor(
    endpoint: string,
    private readonly resource: Readonly<Record<string, string>>,
    private readonly timing: ExportTiming = EXPORT_TIMING,
  ) {
    super();
    this.url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
    this.timer = setInterval(() => this.flush(), timing.everyMs);
    this.timer.unref();
  }

  override offer(span: EndedSpan): void {
    if (this.queue.length >= this.timing.queueMax) this.dropped += 1;
    else this.queue.push(span);
    if (this.queue.length >= this.timing.batch) this.flush();
  }

  override async close(): Promise<void> {
    clearInterval(this.timer);
    const enough = Date.now() + this.timing.timeoutMs;
    while ((this.sending !== null || this.queue.length > 0) && Date.now() < enough) {
      this.flush();
      await this.sending;
    }
  }

  private flush(): void {
    if (this.sending !== null || this.queue.length === 0) return;
    const batch = this.queue.splice(0, this.timing.batch);
    this.sending = this.send(batch).finally(() => (this.sending = null));
  }

  /** Never rejects. A batch that was not taken is not sent again: the collector may have it. */
  private async send(batch: readonly EndedSpan[]): Promise<void> {
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(otlpRequest(batch, this.resource)),
        redirect: 'error',
        signal: AbortSignal.timeout(this.timing.timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) this.dropped += batch.length;
    } catch {
      this.dropped += batch.length;
    }
  }
}

/** The body of an ExportTraceServiceRequest, in the JSON of OTLP: ids in hexadecimal, instants as decimal text. */
export function otlpRequest(spans: readonly EndedSpan[], resource: Readonly<Record<string, string>>): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: 'writ' }, spans: spans.map(otlpSpan) }],
      },
    ],
  };
}

function otlpSpan(span: EndedSpan): object {
  return {
    traceId: span.context.traceId,
    spanId: span.context.spanId,
    ...(span.parentSpanId !== null && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: keyValues(span.attributes),
    ...(span.link !== null && { links: [{ traceId: span.link.traceId, spanId: span.link.spanId }] }),
    status: span.failed ? { code: 2 } : {},
  };
}

function keyValues(attributes: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}
