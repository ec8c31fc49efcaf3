import type { InboxItem } from '../../api/types.js';

/** A request in the list; one that has left the inbox stays in its place until the reader does something. */
export interface ShownRow {
  readonly item: InboxItem;
  readonly gone: boolean;
}

export interface ShownRows {
  readonly rows: readonly ShownRow[];
  /** How many new ones belong between the rows: putting them there would move what is read. */
  readonly held: number;
  /** How many new ones stand behind those that were there. */
  readonly added: number;
}

type Listed = readonly Pick<InboxItem, 'id' | 'expires_at'>[];

/** A list as it came, nothing held back. */
export function allOf(items: readonly InboxItem[]): ShownRows {
  return { rows: items.map((item) => ({ item, gone: false })), held: 0, added: 0 };
}

/**
 * The rows after an update that nobody asked for: none moves. What is new is put behind the last, or held back where it
 * belongs before that; what is gone says so in its place.
 * @param more whether the new answer goes on behind its last item
 */
export function updated(rows: readonly ShownRow[], items: readonly InboxItem[], more: boolean): ShownRows {
  const fresh = new Map(items.map((item) => [item.id, item]));
  const known = new Set(rows.map(({ item }) => item.id));
  const kept = rows.map(({ item, gone }): ShownRow => {
    const now = fresh.get(item.id);
    if (now !== undefined) return { item: now, gone: false };
    return { item, gone: gone || !(more && isBehind(item, items)) };
  });
  const lastKnown = items.findLastIndex(({ id }) => known.has(id));
  const behind = items.slice(lastKnown + 1).filter(({ id }) => !known.has(id));
  const added = items.filter(({ id }) => !known.has(id));
  return {
    rows: [...kept, ...behind.map((item) => ({ item, gone: false }))],
    held: added.length - behind.length,
    added: behind.length,
  };
}

function isBehind({ expires_at }: Pick<InboxItem, 'expires_at'>, items: Listed): boolean {
  const last = items.at(-1);
  return last !== undefined && Date.parse(expires_at) >= Date.parse(last.expires_at);
}

/** The request to go on with after this one: the next that still waits, else the nearest before it; `null`: there is none. */
export function after(rows: readonly ShownRow[], id: string, passes: (item: InboxItem) => boolean): InboxItem | null {
  const at = rows.findIndex(({ item }) => item.id === id);
  const waits = ({ item, gone }: ShownRow): boolean => !gone && item.id !== id && passes(item);
  return (rows.slice(at + 1).find(waits) ?? rows.slice(0, Math.max(at, 0)).findLast(waits))?.item ?? null;
}
