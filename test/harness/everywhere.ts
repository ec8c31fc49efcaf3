import type { Caller } from './agent.js';

/** How long an end may take to reach every process. */
const SOON_MS = 1_000;

/**
 * Asks each of these callers, each at a process of its own, about a token that has just ended. @returns the processes
 * that still called it active after a second, or took longer to say anything
 */
export async function stillActiveSomewhere(verifiers: readonly Caller[], token: string): Promise<string[]> {
  const until = performance.now() + SOON_MS;
  const asked = verifiers.map(async (verifier, index) => {
    for (;;) {
      const { status, body } = await verifier.introspect(token);
      if (status === 200 && body.active === false && performance.now() <= until) return null;
      if (performance.now() > until) return `process ${index + 1}: ${status} ${JSON.stringify(body)}`;
    }
  });
  return (await Promise.all(asked)).filter((fault) => fault !== null);
}
