import type { Fence } from './markdown.js';

/** The reader's own environment: none of what this test run has set for its brokers. */
export function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(WRIT_|SLACK_|DATABASE_URL|REDIS_URL|NODE_OPTIONS|npm_)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

/** What a `text` block shows, as a pattern: `…` stands for anything, white space for nothing. */
export function pattern(fence: Fence | undefined, origin: string, shownOrigin: string): RegExp {
  const text = flat((fence?.text ?? '').replaceAll(shownOrigin, origin));
  return new RegExp(
    text
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*?'),
  );
}

/** The text without white space. */
export function flat(text: string): string {
  return text.replace(/\s+/g, '');
}
