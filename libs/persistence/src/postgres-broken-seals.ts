import type { Ids } from '#escalations/ports.js';
import { SYSTEM } from '#escalations/rows.js';
import { BrokenSeals, type SealedKind } from '#escalations/sealed-kinds.js';
import { appendHistory } from './sql/history.js';
import { inTransaction } from './in-transaction.js';
import type { DatabasePool } from './pool.js';

/** More kinds of damage than anybody reads of; the history holds them all the same. */
const REMEMBERED_MAX = 10_000;

/** Tells of broken seals on a connection of its own, once a row and process, and once for good in the history. */
export class PostgresBrokenSeals extends BrokenSeals {
  private readonly known = new Set<string>();

  /** @param heard is told of each row once a process, whoever recorded it first */
  constructor(
    private readonly pool: DatabasePool,
    private readonly ids: Ids,
    private readonly heard: (kind: SealedKind, row: string) => void = () => undefined,
  ) {
    super();
  }

  override found(kind: SealedKind, row: string): void {
    const name = `${kind}/${row}`;
    if (this.known.has(name)) return;
    if (this.known.size >= REMEMBERED_MAX) this.known.clear();
    this.known.add(name);
    this.heard(kind, row);
    // Not recorded, it is found again: at the next reading, by whichever process reads.
    this.record(kind, row).catch(() => this.known.delete(name));
  }

  private record(kind: SealedKind, row: string): Promise<void> {
    return inTransaction(this.pool, async (client) => {
      const { rows } = await client.query<{ now: number }>(
        `insert into "broken_seals" ("kind", "row") values ($1, $2) on conflict do nothing
         returning (extract(epoch from "at") * 1000)::float8 as "now"`,
        [kind, row],
      );
      const [first] = rows;
      if (first === undefined) return;
      const entry = { type: 'seal.broken', actor: SYSTEM, data: { kind, row } } as const;
      await appendHistory(client, [entry], first.now, () => this.ids.next('evt'));
    });
  }
}
