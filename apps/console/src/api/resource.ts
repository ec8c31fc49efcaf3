import { useCallback, useEffect, useState } from 'react';
import { get, Problem } from './client.js';

export interface Loaded<T> {
  readonly data: T | null;
  readonly error: Problem | null;
  readonly loading: boolean;
  /** Asks again; what is shown stays until the new answer is here. */
  readonly reload: () => void;
  /** Shows this instead: something newer that came by another way. */
  readonly put: (data: T) => void;
}

interface Kept<T> {
  readonly path: string | null;
  readonly data: T | null;
  readonly error: Problem | null;
}

/** Reads one address; `null` reads nothing. */
export function useResource<T>(path: string | null): Loaded<T> {
  return useRead<T>(path, get);
}

/** Reads by `read`, and again when that is another function. Answers that were overtaken are dropped. */
export function useRead<T>(path: string | null, read: (path: string, signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [kept, keep] = useState<Kept<T>>({ path: null, data: null, error: null });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((last) => last + 1), []);
  const put = useCallback((data: T) => keep({ path, data, error: null }), [path]);
  useEffect(() => {
    if (path === null) return undefined;
    const overtaken = new AbortController();
    read(path, overtaken.signal).then(
      (data) => keep({ path, data, error: null }),
      (error: unknown) => {
        if (overtaken.signal.aborted) return;
        const problem = asProblem(error);
        keep((last) => ({ path, data: last.path === path ? last.data : null, error: problem }));
      },
    );
    return () => overtaken.abort();
  }, [path, read, turn]);
  const current = kept.path === path;
  return {
    data: current ? kept.data : null,
    error: current ? kept.error : null,
    loading: path !== null && !current,
    reload,
    put,
  };
}

/** Whatever was thrown, as something that has a sentence. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, 'console', error instanceof Error ? error.message : 'Something went wrong in this page.');
}
