import { OutboxStore, type DeadLetter, type OutboxRow } from '../ports.js';
import { AWAITED, rowOf, type Topic } from '../queues.js';

/** A row, and what became of it; instants are milliseconds of the outbox's own clock. */
export class MemoryRow {
  claimedUntil = -Infinity;
  dispatchedAt: number | null = null;
  doneAt: number | null = null;

  constructor(
    readonly seq: string,
    readonly topic: Topic,
    readonly id: string,
    readonly dueAt: number,
    readonly jobless: boolean,
    private readonly clock: { readonly nowMs: number },
  ) {}

  get claimed(): boolean {
    return this.claimedUntil >= this.clock.nowMs;
  }
  get dispatched(): boolean {
    return this.dispatchedAt !== null;
  }
}

/** The outbox as the contract says, with a clock that only the test moves; what a test looks at is public. */
export class MemoryOutbox extends OutboxStore {
  readonly rows: MemoryRow[] = [];
  readonly announced: string[][] = [];
  readonly letters: DeadLetter[] = [];
  /** Jobs that somebody said are done, whether or not a row is theirs. */
  readonly finished: string[] = [];
  /** What every statement is answered while the database is away. */
  down: Error | undefined;
  claims = 0;
  nowMs = 0;
  private readonly resolved = new Set<DeadLetter>();

  put(topic: Topic, id: string, delayMs = 0, jobless = false): string {
    const seq = String(this.rows.length + 1);
    this.rows.push(new MemoryRow(seq, topic, id, this.nowMs + delayMs, jobless, this));
    return seq;
  }
  pass(seconds: number): void {
    this.nowMs += seconds * 1_000;
  }
  get waiting(): number {
    return this.rows.filter((row) => !row.dispatched).length;
  }
  lettersOf({ jobId }: { readonly jobId: string }): DeadLetter[] {
    return this.letters.filter((letter) => letter.jobId === jobId);
  }
  /** An operator has dealt with all dead letters. */
  resolveLetters(): void {
    for (const letter of this.letters) this.resolved.add(letter);
  }

  override async claim(topics: readonly Topic[], limit: number, leaseSeconds: number): Promise<OutboxRow[]> {
    this.claims += 1;
    this.answer();
    return this.lease(
      this.rows.filter((row) => !row.dispatched && topics.includes(row.topic)),
      limit,
      leaseSeconds,
    );
  }
  override async claimUndone(
    topics: readonly Topic[],
    limit: number,
    leaseSeconds: number,
    seconds: number,
  ): Promise<OutboxRow[]> {
    this.answer();
    const before = this.nowMs - seconds * 1_000;
    const undone = this.rows.filter(
      ({ topic, dispatchedAt, doneAt }) =>
        dispatchedAt !== null && dispatchedAt < before && doneAt === null && topics.includes(topic),
    );
    undone.sort((a, b) => Number(a.dispatchedAt) - Number(b.dispatchedAt));
    return this.lease(undone, limit, leaseSeconds);
  }
  override async release(seqs: readonly string[]): Promise<void> {
    this.answer();
    for (const row of this.of(seqs)) if (row.doneAt === null) row.claimedUntil = -Infinity;
  }
  override async dispatched(seqs: readonly string[], jobless: readonly string[] = []): Promise<void> {
    this.answer();
    for (const row of this.of(seqs)) {
      row.dispatchedAt = this.nowMs;
      if (!AWAITED.includes(row.topic) || jobless.includes(row.seq)) row.doneAt ??= this.nowMs;
    }
  }
  override async done(jobId: string): Promise<void> {
    this.answer();
    this.finished.push(jobId);
    this.markDone(jobId);
  }
  override async announce(ids: readonly string[]): Promise<void> {
    this.answer();
    this.announced.push([...ids]);
  }
  override async park(letter: DeadLetter): Promise<void> {
    this.answer();
    this.markDone(letter.jobId);
    if (this.letters.some((kept) => kept.jobId === letter.jobId && !this.resolved.has(kept))) return;
    this.letters.push(letter);
  }

  private lease(rows: readonly MemoryRow[], limit: number, leaseSeconds: number): OutboxRow[] {
    return rows
      .filter((row) => !row.claimed)
      .slice(0, limit)
      .map((row) => {
        row.claimedUntil = this.nowMs + leaseSeconds * 1_000;
        const { seq, topic, id, jobless, dueAt } = row;
        return { seq, topic, id, jobless, delayMs: Math.max(0, dueAt - this.nowMs) };
      });
  }
  /** The number alone names a row: nobody puts this one back to an earlier state. */
  private markDone(jobId: string): void {
    for (const row of this.of([rowOf(jobId)?.seq ?? ''])) row.doneAt ??= this.nowMs;
  }
  private of(seqs: readonly string[]): MemoryRow[] {
    return this.rows.filter((row) => seqs.includes(row.seq));
  }
  private answer(): void {
    if (this.down) throw this.down;
  }
}
