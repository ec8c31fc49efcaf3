import type pg from 'pg';

/** The kinds of row that works of a batch write, in the order of `write_batch`'s parameters. */
const KINDS = [
  'escalations',
  'traces',
  'grants',
  'activated',
  'tokens',
  'places',
  'uses',
  'counted',
  'heard',
  'events',
  'outbox',
  'threads',
  'answers',
] as const;
type Kind = (typeof KINDS)[number];
/** A row as `write_batch` reads it: its columns, instants as epoch milliseconds. */
type Row = object;

/** What one work has decided to write, kept until the end of its batch. */
export class Written {
  private readonly rows = new Map<Kind, Row[]>();

  add(kind: Kind, ...rows: readonly Row[]): void {
    if (rows.length === 0) return;
    const known = this.rows.get(kind);
    if (known === undefined) this.rows.set(kind, [...rows]);
    else known.push(...rows);
  }

  of(kind: Kind): readonly Row[] {
    return this.rows.get(kind) ?? [];
  }
}

/**
 * Writes what these works decided, in one statement; none where there is nothing.
 * @throws when a row moved under its lock, or when the tables refuse one: nothing of any of them is written then
 */
export async function writeBatch(client: pg.PoolClient, works: readonly Written[]): Promise<void> {
  const values = KINDS.map((kind) => {
    const rows = works.flatMap((work) => work.of(kind));
    return rows.length === 0 ? null : JSON.stringify(rows);
  });
  if (values.every((value) => value === null)) return;
  await client.query({ name: 'batch-write', text: WRITE, values });
}

const WRITE = `select "write_batch"(${KINDS.map((_, position) => `$${position + 1}`).join(', ')})`;
