import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceContext } from '#escalations/watch/observation.js';

/** Words of our own, ids of ours and numbers: never a token, an argument or free text. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** As OpenTelemetry names them. */
export type SpanKind = 'internal' | 'server' | 'client' | 'consumer';

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** `null` begins a trace. */
  readonly parent: TraceContext | null;
  readonly link?: TraceContext | null;
  readonly startMs?: number;
}

/** A span under way. */
export interface Span {
  readonly context: TraceContext;
  /** Ends it, once; what comes later is ignored. */
  end(attributes?: Attributes, failed?: boolean, name?: string): void;
}

/** Makes spans and sends them away; never throws and keeps nobody waiting. */
export abstract class SpanRecorder {
  /** Spans lost since the start. */
  abstract get dropped(): number;
  /** `null` when this one is left out. */
  abstract start(start: SpanStart): Span | null;
  /** Hands over what is left, within about two seconds. */
  abstract close(): Promise<void>;
}

/** Spans of this process. Without a recorder nothing is recorded, and `current()` is always `null`. */
export class Tracer {
  private readonly store = new AsyncLocalStorage<TraceContext>();

  constructor(private readonly recorder: SpanRecorder | null) {}

  get on(): boolean {
    return this.recorder !== null;
  }

  current(): TraceContext | null {
    return this.store.getStore() ?? null;
  }

  /** `null` while nothing is recorded. */
  start(start: SpanStart): Span | null {
    return this.recorder?.start(start) ?? null;
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

  get dropped(): number {
    return this.recorder?.dropped ?? 0;
  }

  async close(): Promise<void> {
    await this.recorder?.close();
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
