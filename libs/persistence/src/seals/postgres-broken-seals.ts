import { SYSTEM } from '#escalations/rows/history.js';
import { BrokenSeals, type SealedKind, type SealSubject } from '#escalations/sealed-kinds.js';
import { appendHistory } from '../sql/history.js';
import type { Journal } from '../connection/journal.js';
import { inTransaction } from '../connection/in-transaction.js';
import type { DatabasePool } from '../connection/pool.js';

/** More rows than anybody reads of; the history holds them all the same. */
const REMEMBERED_MAX = 10_000;
/** A stranger who can write one such row can write thousands; a row that gets no place here is found again. */
const WAITING_MAX = 50;

/**
 * Tells of broken seals once a row and process, and once for good in the history, one after the other on a connection of
 * its own.
 */
export class PostgresBrokenSeals extends BrokenSeals {
  private readonly known = new Set<string>();
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();

  /**
   * @param journal seals what is told with seals that tell nobody
   * @param heard is told of each row once a process, whoever recorded it first
   */
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
    private readonly heard: (kind: SealedKind, row: string) => void = () => undefined,
  ) {
    super();
  }

  override found(kind: SealedKind, row: string, about: SealSubject = {}): void {
    const name = `${kind}/${row}`;
    if (this.known.has(name) || this.waiting >= WAITING_MAX) return;
    if (this.known.size >= REMEMBERED_MAX) this.known.clear();
    this.known.add(name);
    this.heard(kind, row);
    this.waiting += 1;
    this.last = this.last
      .then(() => this.record(kind, row, about))
      // Not recorded, it is found again: at the next reading, by whichever process reads.
      .catch(() => void this.known.delete(name))
      .finally(() => (this.waiting -= 1));
  }

  private record(kind: SealedKind, row: string, about: SealSubject): Promise<void> {
    return inTransaction(this.pool, async (client) => {
      const { rows } = await client.query<{ now: number }>(
        `insert into "broken_seals" ("kind", "row") values ($1, $2) on conflict do nothing
         returning (extract(epoch from "at") * 1000)::float8 as "now"`,
        [kind, row],
      );
      const [first] = rows;
      if (first === undefined) return;
      const entry = { type: 'seal.broken', actor: SYSTEM, ...about, data: { kind, row } } as const;
      await appendHistory(client, [entry], first.now, this.journal);
    });
  }
}
