/** What a stream of changes tells: that something changed (`null`: anything may have), and whether it comes through. */
export interface StreamListener {
  changed(escalation: string | null): void;
  live(comesThrough: boolean): void;
}

/** Where no stream comes through (a proxy that buffers, a broker that is away), the pages ask by themselves this often. */
const WITHOUT_STREAM_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** The broker beats once a second: after so long without a word nothing comes through, whatever the connection says. */
const SILENT_MS = 2_200;
/** An opening that is answered by nobody is given up then; that it waits is told as soon as silence is. */
const OPENING_MS = 10_000;
const WATCH_MS = 250;
/** A look that comes later than this was held up itself, as in a tab that nobody sees: what lies unread is heard first. */
const LATE_MS = 1_000;
/** A stream that ends sooner was none: the wait before the next grows on. */
const STEADY_MS = 10_000;

/**
 * Follows the stream of changes until the answer is called. A browser comes back by itself only after a broken
 * connection; after an answer that is no stream (502, 503) it never does. So every stream that ends, however it does, is
 * opened anew here, each time after a longer wait.
 */
export function followChanges(path: string, listener: StreamListener): () => void {
  let source: EventSource;
  let failures = 0;
  let openedAt = -Infinity;
  let heardAt = 0;
  let through = true;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const live = (comes: boolean): void => {
    if (comes !== through) listener.live(comes);
    through = comes;
  };
  const hear = (): void => void (heardAt = performance.now());
  const open = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    hear();
    source = sourceOf(path, { hear, changed: (escalation) => listener.changed(escalation), opened, lost });
  };
  const opened = (): void => {
    openedAt = performance.now();
    const missed = failures > 0 || !through;
    live(true);
    // What happened while nobody listened is not told again.
    if (missed) listener.changed(null);
  };
  const lost = (): void => {
    source.close();
    live(false);
    failures = performance.now() - openedAt > STEADY_MS ? 1 : failures + 1;
    openedAt = Infinity;
    waiting = setTimeout(open, waitAfter(failures));
  };
  const comeBack = (): void => {
    if (waiting !== undefined) open();
  };
  const stopWatching = watchSilence(
    () => (waiting === undefined ? heardAt : null),
    (silentMs) => {
      live(false);
      // A broker that is held up answers those who wait for it once it goes on.
      if (source.readyState === EventSource.OPEN || silentMs > OPENING_MS) lost();
    },
  );
  const poll = setInterval(() => {
    if (!through) listener.changed(null);
  }, WITHOUT_STREAM_MS);

  window.addEventListener('online', comeBack);
  open();
  return () => {
    window.removeEventListener('online', comeBack);
    stopWatching();
    clearInterval(poll);
    clearTimeout(waiting);
    source.close();
  };
}

interface SourceListener {
  /** Something came, whatever it was. */
  readonly hear: () => void;
  readonly changed: (escalation: string | null) => void;
  readonly opened: () => void;
  readonly lost: () => void;
}

function sourceOf(path: string, { hear, changed, opened, lost }: SourceListener): EventSource {
  const source = new EventSource(path);
  for (const word of ['open', 'beat', 'changed']) source.addEventListener(word, hear);
  source.addEventListener('changed', (event) => changed(idOf((event as MessageEvent<string>).data)));
  source.addEventListener('open', opened);
  source.addEventListener('error', lost);
  return source;
}

/**
 * Looks whether a stream that should speak is silent.
 * @param heardAt when it was heard last; `null` while there is none @param silent hears how long already, at each look
 */
function watchSilence(heardAt: () => number | null, silent: (ms: number) => void): () => void {
  let lookedAt = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    const late = now - lookedAt > LATE_MS;
    lookedAt = now;
    const heard = heardAt();
    if (!late && heard !== null && now - heard > SILENT_MS) silent(now - heard);
  }, WATCH_MS);
  return () => clearInterval(watch);
}

/** Doubling, and never the same for all: a broker that comes back is not met by every page at once. */
function waitAfter(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

function idOf(data: string): string | null {
  try {
    const { escalation } = JSON.parse(data) as { escalation?: unknown };
    return typeof escalation === 'string' ? escalation : null;
  } catch {
    return null;
  }
}
