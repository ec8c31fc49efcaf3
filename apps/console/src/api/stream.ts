/** What a stream of changes tells: that something changed (`null`: anything may have), and whether it comes through. */
export interface StreamListener {
  changed(escalation: string | null): void;
  live(comesThrough: boolean): void;
}

/** Where no stream comes through (a proxy that buffers, a broker that is away), the pages ask by themselves this often. */
const WITHOUT_STREAM_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
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
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    source = new EventSource(path);
    source.addEventListener('changed', (event) => listener.changed(idOf((event as MessageEvent<string>).data)));
    source.addEventListener('open', () => {
      openedAt = performance.now();
      listener.live(true);
      // What happened while nobody listened is not told again.
      if (failures > 0) listener.changed(null);
    });
    source.addEventListener('error', lost);
  };
  const lost = (): void => {
    source.close();
    listener.live(false);
    failures = performance.now() - openedAt > STEADY_MS ? 1 : failures + 1;
    openedAt = Infinity;
    waiting = setTimeout(open, waitAfter(failures));
  };
  const comeBack = (): void => {
    if (waiting !== undefined) open();
  };
  const poll = setInterval(() => {
    if (waiting !== undefined) listener.changed(null);
  }, WITHOUT_STREAM_MS);

  window.addEventListener('online', comeBack);
  open();
  return () => {
    window.removeEventListener('online', comeBack);
    clearInterval(poll);
    clearTimeout(waiting);
    source.close();
  };
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
