import type { Caller } from '../actors/agent.js';

/**
 * Asks each of these callers, each at a process of its own, once about a token that has just ended: an end is judged on
 * read, so there is no moment in which another process may not know it. @returns what was answered where it still was
 * called active
 */
export async function stillActiveSomewhere(verifiers: readonly Caller[], token: string): Promise<string[]> {
  const asked = verifiers.map(async (verifier, index) => {
    const { status, body } = await verifier.introspect(token);
    return status === 200 && body.active === false ? null : `process ${index + 1}: ${status} ${JSON.stringify(body)}`;
  });
  return (await Promise.all(asked)).filter((fault) => fault !== null);
}
