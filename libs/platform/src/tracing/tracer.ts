import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceContext } from '#escalations/observation.js';
import { nextContext } from './trace-context.js';

/** Words of our own, ids of ours and numbers: never a token, an argument or free text. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** As OpenTelemetry names them. */
export type SpanKind = 'internal' | 'server' | 'client' | 'consumer';

/** A span that has ended. Instants are epoch milliseconds. */
export interface EndedSpan {
  readonly context: TraceContext;
  readonly parentSpanId: string | null;
  /** Work in another trace, or beside this one, that led here. */
  readonly link: TraceContext | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

/** Takes ended spans at once and never throws or waits. */
export abstract class SpanSink {
  abstract offer(span: EndedSpan): void;
  /** Hands over what is left, within a second or so. */
  abstract close(): Promise<void>;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** `null` begins a trace. */
  readonly parent: TraceContext | null;
  readonly link?: TraceContext | null;
  readonly startMs?: number;
}

/** A span under way. */
export class Span {
  readonly context: TraceContext;
  private readonly startMs: number;
  private ended = false;

  constructor(
    private readonly start: SpanStart,
    private readonly sink: SpanSink,
  ) {
    this.context = nextContext(start.parent);
    this.startMs = start.startMs ?? now();
  }

  /** Ends it, once; what comes later is ignored. */
  end(attributes: Attributes = {}, failed = false, name = this.start.name): void {
    if (this.ended) return;
    this.ended = true;
    const { kind, parent, link } = this.start;
    this.sink.offer({
      context: this.context,
      parentSpanId: parent?.spanId ?? null,
      link: link ?? null,
      name,
      kind,
      startMs: this.startMs,
      endMs: Math.max(now(), this.startMs),
      failed,
      attributes,
    });
  }
}

/** Spans of this process. Without a sink nothing is recorded, and `current()` is always `null`. */
export class Tracer {
  private readonly store = new AsyncLocalStorage<TraceContext>();

  constructor(private readonly sink: SpanSink | null) {}

  get on(): boolean {
    return this.sink !== null;
  }

  current(): TraceContext | null {
    return this.store.getStore() ?? null;
  }

  /** `null` while nothing is recorded. */
  start(start: SpanStart): Span | null {
    return this.sink === null ? null : new Span(start, this.sink);
  }

  /** Runs `work` so that what it does is told below `context`. */
  within<T>(context: TraceContext, work: () => T): T {
    return this.store.run(context, work);
  }

  /** Runs `work` in a span of its own, below `parent` or the span under way; without either it is not traced. */
  async span<T>(
    name: string,
    kind: SpanKind,
    work: () => Promise<T>,
    { parent = this.current(), attributes = () => ({}) }: SpanOptions<T> = {},
  ): Promise<T> {
    const span = parent === null ? null : this.start({ name, kind, parent });
    if (span === null) return work();
    try {
      const result = await this.within(span.context, work);
      span.end(attributes(result));
      return result;
    } catch (error) {
      span.end({}, true);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.sink?.close();
  }
}

export interface SpanOptions<T> {
  readonly parent?: TraceContext | null;
  readonly attributes?: (result: T) => Attributes;
}

/** Epoch milliseconds that never run backwards within the process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
