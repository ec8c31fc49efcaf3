import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Span as ApiSpan, SpanContext, Tracer as ApiTracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { within } from '#domain/within.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import { now, SpanRecorder, type Attributes, type Span, type SpanStart } from './tracer.js';

/** How spans leave. */
export interface ExportTiming {
  readonly batch: number;
  /** Spans kept while the collector is away, those under way to it included; later ones are dropped and counted. */
  readonly queueMax: number;
  readonly everyMs: number;
  /** For one batch, with the one or two attempts at it; the end waits no longer than twice that. */
  readonly timeoutMs: number;
}

export const EXPORT_TIMING: ExportTiming = { batch: 256, queueMax: 4_096, everyMs: 1_000, timeoutMs: 2_000 };

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
} as const;
/** `ExportResultCode.SUCCESS`. */
const TAKEN = 0;

/**
 * OpenTelemetry's SDK, sending OTLP over HTTP in JSON to the collector that the operator names. Loaded only then. It is
 * given each span's parent and never asked for a current one, so it needs no context manager and nothing global.
 */
export class OpenTelemetryRecorder extends SpanRecorder {
  private readonly processor: BoundedProcessor;
  private readonly provider: BasicTracerProvider;
  private readonly tracer: ApiTracer;

  /**
   * @param endpoint base URL; `/v1/traces` is added to its path
   * @param attributes of this process, such as its roles
   */
  constructor(
    endpoint: string,
    attributes: Readonly<Record<string, string>>,
    private readonly timing: ExportTiming = EXPORT_TIMING,
  ) {
    super();
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
    this.processor = new BoundedProcessor(new OTLPTraceExporter({ url, timeoutMillis: timing.timeoutMs }), timing);
    this.provider = new BasicTracerProvider({
      resource: defaultResource().merge(resourceFromAttributes(attributes)),
      spanProcessors: [this.processor],
    });
    this.tracer = this.provider.getTracer('writ');
  }

  override get dropped(): number {
    return this.processor.dropped;
  }

  override start({ name, kind, parent, link, startMs }: SpanStart): Span | null {
    const span = this.tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        startTime: startMs ?? now(),
        ...(link !== undefined && link !== null && { links: [{ context: recorded(link) }] }),
      },
      parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, recorded(parent)),
    );
    return span.isRecording() ? new RecordedSpan(span) : null;
  }

  override async close(): Promise<void> {
    // Rejects when the last batch was not taken, which has been counted. A collector that answers in drops is left.
    await within(
      2 * this.timing.timeoutMs,
      this.provider.shutdown().catch(() => undefined),
    );
  }
}

class RecordedSpan implements Span {
  readonly context: TraceContext;

  constructor(private readonly span: ApiSpan) {
    const { traceId, spanId } = span.spanContext();
    this.context = { traceId, spanId };
  }

  end(attributes: Attributes = {}, failed = false, name?: string): void {
    if (!this.span.isRecording()) return;
    this.span.setAttributes(attributes);
    if (name !== undefined) this.span.updateName(name);
    if (failed) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end(now());
  }
}

/** The SDK's batches, with every span that is lost counted: the SDK tells nobody. */
class BoundedProcessor implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private kept = 0;
  dropped = 0;

  constructor(
    exporter: SpanExporter,
    private readonly timing: ExportTiming,
  ) {
    const counted: SpanExporter = {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.kept -= spans.length;
          if (Number(result.code) !== TAKEN) this.dropped += spans.length;
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    };
    this.batches = new BatchSpanProcessor(counted, {
      maxExportBatchSize: timing.batch,
      maxQueueSize: timing.queueMax,
      scheduledDelayMillis: timing.everyMs,
      exportTimeoutMillis: 2 * timing.timeoutMs,
    });
  }

  onStart(): void {}
  onEnd(span: ReadableSpan): void {
    if (this.kept >= this.timing.queueMax) {
      this.dropped += 1;
      return;
    }
    this.kept += 1;
    this.batches.onEnd(span);
  }
  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }
  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }
}

/** Only what is recorded has a context that anybody keeps. */
function recorded({ traceId, spanId }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}
