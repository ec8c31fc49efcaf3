import { setTimeout as pause } from 'node:timers/promises';

/** Resolves when the condition holds; throws when it does not within `ms`. */
export async function untilTrue(condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not come true within ${ms} ms: ${condition.toString()}`);
    await pause(5);
  }
}
