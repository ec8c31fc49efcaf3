import { useCallback, useEffect, useRef, useState } from 'react';
import { go } from '../../router.js';
import { useKeys } from '../../ui/keys.js';
import { SEARCH_ID } from './filters.js';
import { rowId } from './row.js';
import type { ShownRow } from './shown-rows.js';

export const TITLE_ID = 'inbox';

interface MovesProps {
  readonly rows: readonly ShownRow[];
  readonly openId: string | null;
  readonly search: string;
  readonly wide: boolean;
}

export interface Moves {
  /** The row with the tab stop. */
  readonly reached: string | null;
  /** Whether the request that opens takes the focus with its heading. */
  readonly focusHeading: boolean;
  /** Opens a request to read it. */
  readonly choose: (id: string) => void;
  /** Opens it in place of the one that is open. */
  readonly goOn: (id: string) => void;
  /** Back to the list. */
  readonly close: () => void;
}

/** Goes through the list and opens from it, by keys from wherever the focus is. */
export function useMoves({ rows, openId, search, wide }: MovesProps): Moves {
  const [at, setAt] = useState<string | null>(null);
  const [focusHeading, setFocusHeading] = useState(true);
  const opened = useRef(openId);
  const current = openId ?? at;
  const isListed = rows.some(({ item }) => item.id === current);
  const reached = isListed ? current : (rows[0]?.item.id ?? null);

  const show = useCallback(
    (id: string, focus: boolean, replace: boolean): void => {
      setFocusHeading(focus);
      setAt(id);
      go(`/inbox/${id}${search}`, replace);
    },
    [search],
  );
  const choose = useCallback((id: string) => show(id, true, false), [show]);
  const goOn = useCallback((id: string) => show(id, true, true), [show]);
  const close = useCallback((): void => {
    go(`/${search}`);
  }, [search]);
  // However it was left, by a link, a key or the browser: the focus goes back to its row, or to the heading above.
  useEffect(() => {
    const left = opened.current;
    opened.current = openId;
    if (openId === null && left !== null) focusRow(left);
  }, [openId]);

  const move = (by: 1 | -1): void => {
    const next = neighbour(rows, isListed ? current : null, by);
    if (next === null) return;
    setAt(next);
    if (wide || openId !== null) show(next, !wide, openId !== null);
    focusRow(next);
  };
  const enter = (): void => {
    if (openId !== null) document.getElementById('request')?.focus();
    else if (reached !== null) choose(reached);
  };
  const escape = (): void => {
    const inList = document.activeElement?.closest('.asks') !== null && document.activeElement !== document.body;
    if (openId !== null && (!wide || inList)) close();
    else focusRow(reached);
  };
  useKeys([
    { key: 'j', does: 'next', run: () => move(1) },
    { key: 'k', does: 'previous', run: () => move(-1) },
    { key: 'Enter', does: 'open', run: enter },
    { key: 'Escape', does: 'back to the list', run: escape, fromFields: true },
    { key: '/', does: 'search', run: () => focusSearch(wide || openId === null, close) },
  ]);
  return { reached, focusHeading, choose, goOn, close };
}

/** The row after or before this one that still waits; from none, the first. */
function neighbour(rows: readonly ShownRow[], id: string | null, by: 1 | -1): string | null {
  const from = rows.findIndex(({ item }) => item.id === id);
  for (let place = from < 0 ? 0 : from + by; place >= 0 && place < rows.length; place += by)
    if (rows[place]?.gone === false) return rows[place]?.item.id ?? null;
  return null;
}

function focusRow(id: string | null): void {
  const row = id === null ? null : document.getElementById(rowId(id));
  (row ?? document.getElementById(TITLE_ID))?.focus();
}

function focusSearch(isShown: boolean, close: () => void): void {
  if (!isShown) close();
  const field = (): void => {
    const input = document.getElementById(SEARCH_ID);
    if (!(input instanceof HTMLInputElement)) return;
    input.focus();
    input.select();
  };
  if (isShown) field();
  else requestAnimationFrame(field);
}
