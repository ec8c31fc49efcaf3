/** What `within` gives for work that takes longer. */
export const LATE = Symbol('late');

/**
 * Waits for work, but not for longer than `ms`. Late work goes on and nobody waits for it: what it gives then, or how it
 * fails, is nobody's. The timer ends with the work, so that it keeps no process alive.
 * @param ms at most; nothing or less waits one round of the loop
 * @returns what the work gives, or `LATE`; rejects as the work does
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), Math.max(0, ms));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
