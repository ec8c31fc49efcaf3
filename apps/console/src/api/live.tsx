import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { followChanges } from './stream.js';

type Listener = (escalation: string | null) => void;

interface Feed {
  listen(listener: Listener): () => void;
}

const Live = createContext<Feed>({ listen: () => () => undefined });
const ComesThrough = createContext(true);
const TOGETHER_MS = 150;
/** However many changes come: one list is read anew so often at most. */
const SELDOM_MS = 1_000;
const LONGEST_WAIT_MS = 86_400_000;
const AFTERWARDS_MS = 700;

/** Opens the stream of changes once for all pages. */
export function LiveFeed({ children }: { readonly children: ReactNode }): ReactNode {
  const listeners = useRef(new Set<Listener>());
  const [live, setLive] = useState(true);
  useEffect(
    () =>
      followChanges('/v1/inbox/stream', {
        changed: (escalation) => listeners.current.forEach((listener) => listener(escalation)),
        live: setLive,
      }),
    [],
  );
  const feed = useMemo<Feed>(
    () => ({
      listen: (listener) => {
        listeners.current.add(listener);
        return () => void listeners.current.delete(listener);
      },
    }),
    [],
  );
  return (
    <Live value={feed}>
      <ComesThrough value={live}>{children}</ComesThrough>
    </Live>
  );
}

/** Says while changes do not come by themselves. Always there, so that a screen reader hears when it begins to speak. */
export function NotLive(): ReactNode {
  const live = useIsLive();
  return (
    <p className={live ? 'unseen' : 'not-live'} role="status">
      {live ? '' : 'Not live: Writ does not answer, so what you see may be old. Trying again.'}
    </p>
  );
}

/** False while changes do not come by themselves: what is shown may be old, and no clock may run on as if it were not. */
export function useIsLive(): boolean {
  return useContext(ComesThrough);
}

/** Calls `reload` when something changed; with an id, only when it may concern that escalation. */
export function useLive(reload: () => void, escalation?: string): void {
  const feed = useContext(Live);
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    let lastAt = -Infinity;
    const stop = feed.listen((changed) => {
      if (escalation !== undefined && changed !== null && changed !== escalation) return;
      // What waits already reads this change too. It is not put off: in an unbroken burst it would never come.
      waiting ??= setTimeout(
        () => {
          waiting = undefined;
          lastAt = performance.now();
          reload();
        },
        Math.max(TOGETHER_MS, lastAt + SELDOM_MS - performance.now()),
      );
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [feed, reload, escalation]);
}

/** Calls `reload` shortly after this moment: time makes things true without anybody telling. */
export function useReloadAt(moment: string | null | undefined, reload: () => void): void {
  useEffect(() => {
    const wait = moment === null || moment === undefined ? -1 : Date.parse(moment) - Date.now();
    if (wait < 0 || wait > LONGEST_WAIT_MS) return undefined;
    const due = setTimeout(reload, wait + AFTERWARDS_MS);
    return () => clearTimeout(due);
  }, [moment, reload]);
}
