import { Injectable } from '@nestjs/common';
import { instant } from '#domain/instant.js';
import type { EventRow } from '#escalations/watch/history.js';
import { TraceDirectory } from '#escalations/watch/observation.js';
import type { Actor, HistoryEntry } from '#escalations/rows/history.js';
import { CommandObserver } from '#escalations/watch/watch-history.js';
import { JsonLog } from '#platform/observe/log.js';
import { Tracer } from '#platform/observe/tracer.js';
import { businessLines, type BusinessLine } from './business-lines.js';

/** Where the watch over the history begins anew, what is old would be told as if it were news. */
const NEWS_MS = 24 * 60 * 60 * 1_000;

/** Writes a line, at level info, about each thing that people or operators did. */
@Injectable()
export class BusinessLog extends CommandObserver {
  constructor(
    private readonly log: JsonLog,
    private readonly tracer: Tracer,
    private readonly traces: TraceDirectory,
  ) {
    super();
  }

  /** What commands did, as a worker reads it in the history; `at` says when that was. */
  override heard(events: readonly EventRow[]): void {
    const news = events.filter((event) => Date.now() - event.at < NEWS_MS);
    // One transaction has one instant.
    for (const at of new Set(news.map((event) => event.at)))
      this.tell(news.filter((event) => event.at === at).map(entryOf), { at: instant(at) });
  }

  /**
   * Tells what one transaction wrote, after its commit. With traces each line has the one in which the request was asked
   * for, which is looked up, or else the one under way. Never throws and keeps nobody waiting.
   */
  tell(entries: readonly HistoryEntry[], besides: Readonly<Record<string, string>> = {}): void {
    const lines = businessLines(entries).map((line) => ({ ...line, facts: { ...line.facts, ...besides } }));
    if (lines.length === 0) return;
    const here = this.tracer.current()?.traceId;
    if (!this.tracer.on) return lines.forEach((line) => this.write(line));
    void Promise.all(lines.map((line) => this.traceOf(line))).then((asked) =>
      lines.forEach((line, index) => this.write(line, asked[index] ?? here)),
    );
  }

  private async traceOf({ escalation }: BusinessLine): Promise<string | undefined> {
    if (escalation === null) return undefined;
    const trace = await this.traces.traceOf(escalation).catch(() => null);
    return trace?.traceId;
  }

  private write({ message, facts }: BusinessLine, traceId?: string): void {
    this.log.info(message, { ...facts, ...(traceId === undefined ? {} : { trace_id: traceId }) });
  }
}

function entryOf({ type, actor, escalation, grant, agent, data }: EventRow): HistoryEntry {
  return {
    type,
    actor: { kind: actor.kind as Actor['kind'], id: actor.id },
    ...(escalation === null ? {} : { escalation }),
    ...(grant === null ? {} : { grant }),
    ...(agent === null ? {} : { agent }),
    data,
  };
}
