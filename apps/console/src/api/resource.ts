import { useCallback, useEffect, useState } from 'react';
import { get, Problem } from './client.js';

export interface Loaded<T> {
  readonly data: T | null;
  readonly error: Problem | null;
  readonly loading: boolean;
  /** Asks again; what is shown stays until the new answer is here. */
  readonly reload: () => void;
}

interface Kept<T> {
  readonly path: string | null;
  readonly data: T | null;
  readonly error: Problem | null;
}

/** Reads one address; `null` reads nothing. Answers that were overtaken are dropped. */
export function useResource<T>(path: string | null): Loaded<T> {
  const [kept, keep] = useState<Kept<T>>({ path: null, data: null, error: null });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((last) => last + 1), []);
  useEffect(() => {
    if (path === null) return undefined;
    const overtaken = new AbortController();
    get<T>(path, overtaken.signal).then(
      (data) => keep({ path, data, error: null }),
      (error: unknown) => {
        if (overtaken.signal.aborted) return;
        const problem = asProblem(error);
        keep((last) => ({ path, data: last.path === path ? last.data : null, error: problem }));
      },
    );
    return () => overtaken.abort();
  }, [path, turn]);
  const current = kept.path === path;
  return {
    data: current ? kept.data : null,
    error: current ? kept.error : null,
    loading: path !== null && !current,
    reload,
  };
}

/** Whatever was thrown, as something that has a sentence. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, 'console', error instanceof Error ? error.message : 'Something went wrong in this page.');
}
