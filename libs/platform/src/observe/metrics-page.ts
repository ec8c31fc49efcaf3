import { LATE, within } from '#domain/within.js';
import { PENDING_AGES, type Figures, type FigureSource } from '#escalations/watch/observation.js';
import type { Metrics } from './metrics.js';

const FRESH_MS = 5_000;
const ANSWER_MS = 1_500;

/** What this process knows of its database, its relay and its exporter when it is asked. */
export interface OwnFigures {
  readonly connections: { readonly total: number; readonly idle: number; readonly waiting: number };
  readonly writable: boolean;
  readonly relayFailing: boolean;
  readonly spansDropped: number;
}

/**
 * The text of `GET /metrics`. Figures of the database are asked for at a scrape, at most every five seconds however
 * many ask, and given up after a moment: a database that is away costs its gauges, not the answer.
 */
export class MetricsPage {
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly metrics: Metrics,
    private readonly source: FigureSource,
    private readonly own: () => Promise<OwnFigures>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Prometheus' text format and its media type. */
  async render(): Promise<{ readonly type: string; readonly text: string }> {
    if (this.nowMs() - this.readAt >= FRESH_MS)
      await (this.reading ??= this.read().finally(() => (this.reading = null)));
    this.metrics.readProcess();
    const { connections, writable, relayFailing, spansDropped } = await this.own();
    for (const [state, value] of Object.entries(connections)) this.metrics.connections.set({ state }, value);
    this.metrics.writable.set(writable ? 1 : 0);
    this.metrics.relayFailing.set(relayFailing ? 1 : 0);
    this.metrics.spansDropped.set(spansDropped);
    return { type: this.metrics.registry.contentType, text: await this.metrics.registry.metrics() };
  }

  private async read(): Promise<void> {
    try {
      const figures = await within(ANSWER_MS, this.source.read());
      this.show(figures === LATE ? null : figures);
    } catch {
      this.show(null);
    }
    this.readAt = this.nowMs();
  }

  /** An old figure would look like a new one, so without an answer there is none. */
  private show(figures: Figures | null): void {
    const { outboxWaiting, outboxLag, deadLetters, sweepLag, pending, grantsOpen, unreviewed } = this.metrics;
    for (const gauge of [deadLetters, sweepLag, pending, grantsOpen]) gauge.reset();
    for (const gauge of [outboxWaiting, outboxLag, unreviewed]) gauge.set(Number.NaN);
    this.metrics.figuresUp.set(figures === null ? 0 : 1);
    if (figures === null) return;
    outboxWaiting.set(figures.outbox.waiting);
    outboxLag.set(figures.outbox.oldestSeconds);
    sweepLag.set({ kind: 'escalation' }, figures.sweep.escalationSeconds);
    sweepLag.set({ kind: 'grant' }, figures.sweep.grantSeconds);
    for (const [topic, count] of Object.entries(figures.deadLetters)) deadLetters.set({ topic }, count);
    for (const [age] of PENDING_AGES) pending.set({ age }, figures.pending[age] ?? 0);
    for (const [status, count] of Object.entries(figures.openGrants)) grantsOpen.set({ status }, count);
    unreviewed.set(figures.breakGlassUnreviewed);
  }
}
