import { useCallback, useState } from 'react';
import { get } from './client.js';
import { useRead, type Loaded } from './resource.js';
import type { Page } from './types.js';

export interface Listed<T, P extends Page<T> = Page<T>> {
  readonly items: readonly T[];
  /** The first page as it came: what it says of the whole list is in it. */
  readonly head: P;
  /** How many pages `items` are. */
  readonly pages: number;
  /** Whether more wait behind them. */
  readonly more: boolean;
}

export interface Pages<T, P extends Page<T> = Page<T>> extends Loaded<Listed<T, P>> {
  /** Reads one page further. */
  readonly next: () => void;
  readonly busy: boolean;
}

/**
 * Reads a list page by page. A reload reads as many pages as are shown, from the first on: between two reads the list
 * may have moved, and nothing is then shown twice or left out.
 */
export function usePages<T, P extends Page<T> = Page<T>>(path: string): Pages<T, P> {
  const [wanted, setWanted] = useState(1);
  const read = useCallback((from: string, signal: AbortSignal) => readPages<T, P>(from, wanted, signal), [wanted]);
  const list = useRead(path, read);
  const shown = list.data?.pages ?? 0;
  const busy = list.data?.more === true && wanted > shown && list.error === null;
  const next = (): void => {
    if (busy) return;
    // The same number again changes nothing by itself: after a failure, or when the list has become shorter.
    if (wanted === shown + 1) list.reload();
    else setWanted(shown + 1);
  };
  return { ...list, next, busy };
}

async function readPages<T, P extends Page<T>>(
  path: string,
  wanted: number,
  signal: AbortSignal,
): Promise<Listed<T, P>> {
  const items: T[] = [];
  let cursor: string | null = null;
  let [pages, head]: [number, P | null] = [0, null];
  do {
    const behind: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: P = await get<P>(path + behind, signal);
    head ??= page;
    items.push(...page.items);
    cursor = page.next_cursor;
    pages += 1;
  } while (cursor !== null && pages < wanted);
  return { items, head, pages, more: cursor !== null };
}
