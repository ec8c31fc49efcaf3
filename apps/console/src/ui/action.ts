import { useState } from 'react';
import type { Problem } from '../api/client.js';
import { asProblem } from '../api/resource.js';

export interface Action {
  readonly busy: boolean;
  readonly problem: Problem | null;
  /** Runs it unless it runs already; what it throws becomes `problem`. Answers whether it went through. */
  readonly run: (what: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
}

/** One thing a person does, with what is shown meanwhile and when it fails. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async (what: () => Promise<unknown>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      await what();
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run, clear: () => setProblem(null) };
}
