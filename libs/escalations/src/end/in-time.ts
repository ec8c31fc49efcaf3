import { LATE, within } from '#domain/within.js';

/**
 * What is told beside a deed and must never stand in its way.
 * @returns what `work` gives, or `null` when it fails or takes longer; nobody waits for it then, and its failure is nobody's
 */
export async function inTime<T>(ms: number, work: () => Promise<T>): Promise<T | null> {
  try {
    const done = await within(ms, work());
    return done === LATE ? null : done;
  } catch {
    return null;
  }
}
