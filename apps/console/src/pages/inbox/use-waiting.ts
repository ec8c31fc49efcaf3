import { useCallback, useEffect, useRef, useState } from 'react';
import { useLive, useReloadAt } from '../../api/live.js';
import { usePages, type Pages } from '../../api/pages.js';
import type { InboxItem, InboxPage } from '../../api/types.js';
import { allOf, updated, type ShownRows } from './shown-rows.js';

interface Shown extends ShownRows {
  /** Which list the rows are of. */
  readonly path: string;
  readonly pages: number;
}

export interface Waiting extends ShownRows {
  readonly list: Pages<InboxItem, InboxPage>;
  /** What the last answer said of the whole list. */
  readonly head: InboxPage | null;
  /** Rows of the list before are in sight while this one is read. */
  readonly stale: boolean;
  /** Puts every row where it belongs, what was held back too. */
  readonly settle: () => void;
  /** Takes requests out at once that were just decided here. */
  readonly drop: (which: (item: InboxItem) => boolean) => void;
}

const NOTHING: Shown = { path: '', pages: 0, rows: [], held: 0, added: 0 };

/** What waits and fits, live. Only what the reader does moves a row. */
export function useWaiting(path: string): Waiting {
  const list = usePages<InboxItem, InboxPage>(path);
  const { data, reload } = list;
  const [shown, show] = useState<Shown>(NOTHING);
  const [head, setHead] = useState<InboxPage | null>(null);
  const dropped = useRef(new Set<string>());
  const settling = useRef(true);
  useEffect(() => {
    if (data === null) return;
    const items = data.items.filter(({ id }) => !dropped.current.has(id));
    const settle = settling.current;
    settling.current = false;
    setHead(data.head);
    const { pages } = data;
    show((last) => {
      if (settle || last.path !== path) return { path, pages, ...allOf(items) };
      const now = updated(last.rows, items, data.more);
      // A further page that the reader asked for is nothing new.
      return { path, pages, ...now, added: last.added + (pages > last.pages ? 0 : now.added) };
    });
  }, [data, path]);
  const settle = useCallback(() => {
    settling.current = true;
    reload();
  }, [reload]);
  const drop = useCallback(
    (which: (item: InboxItem) => boolean) => {
      show((last) => {
        for (const { item } of last.rows) if (which(item)) dropped.current.add(item.id);
        return { ...last, rows: last.rows.filter(({ item }) => !which(item)) };
      });
      settle();
    },
    [settle],
  );
  useLive(reload);
  useReloadAt(data?.items[0]?.expires_at, reload);
  return { ...shown, list, head, stale: shown.path !== path, settle, drop };
}
