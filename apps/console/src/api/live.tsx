import { createContext, useContext, useEffect, useMemo, useRef, type ReactNode } from 'react';

type Listener = (escalation: string | null) => void;

interface Feed {
  listen(listener: Listener): () => void;
}

const Live = createContext<Feed>({ listen: () => () => undefined });
/** Where no stream comes through (a proxy that buffers), the pages ask by themselves this often. */
const WITHOUT_STREAM_MS = 20_000;
const TOGETHER_MS = 150;
const LONGEST_WAIT_MS = 86_400_000;
const AFTERWARDS_MS = 700;

/** Opens the stream of changes once for all pages. */
export function LiveFeed({ children }: { readonly children: ReactNode }): ReactNode {
  const listeners = useRef(new Set<Listener>());
  useEffect(() => follow((escalation) => listeners.current.forEach((listener) => listener(escalation))), []);
  const feed = useMemo<Feed>(
    () => ({
      listen: (listener) => {
        listeners.current.add(listener);
        return () => void listeners.current.delete(listener);
      },
    }),
    [],
  );
  return <Live value={feed}>{children}</Live>;
}

/** Calls `reload` when something changed; with an id, only when it may concern that escalation. */
export function useLive(reload: () => void, escalation?: string): void {
  const feed = useContext(Live);
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const stop = feed.listen((changed) => {
      if (escalation !== undefined && changed !== null && changed !== escalation) return;
      clearTimeout(waiting);
      waiting = setTimeout(reload, TOGETHER_MS);
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

function follow(tell: Listener): () => void {
  const source = new EventSource('/v1/inbox/stream');
  let broken = false;
  source.addEventListener('changed', (event) => tell(idOf((event as MessageEvent<string>).data)));
  source.addEventListener('open', () => {
    // What happened while nobody listened is not told again.
    if (broken) tell(null);
    broken = false;
  });
  source.addEventListener('error', () => (broken = true));
  const poll = setInterval(() => {
    if (broken) tell(null);
  }, WITHOUT_STREAM_MS);
  return () => {
    clearInterval(poll);
    source.close();
  };
}

function idOf(data: string): string | null {
  try {
    const { escalation } = JSON.parse(data) as { escalation?: unknown };
    return typeof escalation === 'string' ? escalation : null;
  } catch {
    return null;
  }
}
