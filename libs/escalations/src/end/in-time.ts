/**
 * What is told beside a deed and must never stand in its way.
 * @returns what `work` gives, or `null` when it fails or takes longer; nobody waits for it then, and its failure is nobody's
 */
export async function inTime<T>(ms: number, work: () => Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
