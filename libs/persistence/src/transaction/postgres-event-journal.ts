import type pg from 'pg';
import { OUTBOX_FILLED } from '#delivery/ports.js';
import type { EventJournal } from '#escalations/journal.js';
import { jobsAfter } from '#escalations/tell/what-follows.js';
import type { TraceContext } from '#escalations/watch/observation.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import type { NewGrant } from '#escalations/rows/grant.js';
import type { HistoryEntry } from '#escalations/rows/history.js';
import type { OutboxEntry } from '#escalations/rows/outbox.js';
import type { Journal } from '../connection/journal.js';
import { announceChanged } from '../deliver/announce.js';
import type { Written } from '../batch/written.js';
import * as history from '../sql/history.js';

/** What a work of a batch keeps back to be written at its end; `spilled`: no more. */
interface Kept {
  readonly spilled: boolean;
  readonly written: Written;
}

/** Writes what happens in one transaction, and remembers what must be told after its commit. */
export class PostgresEventJournal implements EventJournal {
  readonly touched = new Set<string>();
  enqueued = false;
  /** What the witness is told after the commit. */
  readonly events: HistoryEntry[] = [];
  readonly decided: EscalationRow[] = [];
  /** What the relay announces when it comes by the outbox. */
  private readonly relayed = new Set<string>();
  private readonly escalationOf = new Map<string, string>();
  /** Requests whose cards this transaction has published anew. */
  private readonly published = new Set<string>();

  /** @param batch keeps what is written back, for as long as it is not spilled; `null`: each entry is written at once */
  constructor(
    private readonly client: pg.PoolClient,
    private readonly journal: Journal,
    private readonly trace: TraceContext | null,
    private readonly batch: Kept | null = null,
  ) {}

  outcomesOf(grantId: string): ReturnType<EventJournal['outcomesOf']> {
    return history.outcomesOf(this.client, grantId, this.journal);
  }

  async record(entries: readonly HistoryEntry[], now: number): Promise<void> {
    for (const entry of entries) if (entry.escalation !== undefined) this.touched.add(entry.escalation);
    this.events.push(...entries);
    if (this.batch?.spilled === false) {
      this.batch.written.add('events', ...history.eventRows(entries, now, this.journal));
      const lines = history.threadRows(entries, this.trace);
      this.batch.written.add('threads', ...lines);
      this.relays(lines.map(({ id }) => id));
    } else {
      await history.appendHistory(this.client, entries, now, this.journal);
      this.relays(await history.enqueueThreads(this.client, entries, this.trace));
    }
    await this.enqueue(jobsAfter(entries));
  }

  async enqueue(entries: readonly OutboxEntry[]): Promise<void> {
    this.relays(entries.map(({ payload }) => this.escalationOf.get(payload.id) ?? payload.id));
    const once = this.withoutCardsTwice(entries);
    if (this.batch?.spilled !== false) return history.enqueue(this.client, once, this.trace);
    this.batch.written.add('outbox', ...history.outboxRows(once, this.trace));
  }

  /** An escalation was written or changed. */
  wrote(escalation: EscalationRow): void {
    if (escalation.status !== 'pending') this.decided.push(escalation);
  }

  /** A grant is about to be written: work about it is work about its escalation. */
  issues(grant: NewGrant): void {
    this.escalationOf.set(grant.id, grant.escalationId);
  }

  /**
   * Ids of what changed without a row for the relay, which would tell of it, for the other processes; what its cards and
   * tokens went through is no change of a request.
   */
  news(): string[] {
    const news = this.events.filter(({ type }) => !/^(card|token)[.]/.test(type)).map(({ escalation }) => escalation);
    return [...new Set(news)].filter((id) => id !== undefined).filter((id) => !this.relayed.has(id));
  }

  /** Tells of them and of the rows in the outbox when this commits, where no `AfterCommit` does: for what is seldom. */
  announce(): Promise<void> {
    return announceChanged(this.client, [...(this.enqueued ? [OUTBOX_FILLED] : []), ...this.news()]);
  }

  /** A request's cards are drawn once after this commit, however much of what they show has changed. */
  private withoutCardsTwice(entries: readonly OutboxEntry[]): OutboxEntry[] {
    return entries.filter(({ topic, payload }) => {
      const twice = topic === 'card.publish' && this.published.has(payload.id);
      if (topic === 'card.publish') this.published.add(payload.id);
      return !twice;
    });
  }

  private relays(ids: readonly string[]): void {
    this.enqueued ||= ids.length > 0;
    for (const id of ids) this.relayed.add(id);
  }
}
