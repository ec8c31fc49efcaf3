import { context, plain, sections, type WritBlock } from './block-kit.js';

/** What a slash command is answered, to the person alone. */
export interface CommandAnswer {
  readonly response_type: 'ephemeral';
  /** For notifications alone, so it holds nothing but our own words. */
  readonly text: string;
  readonly blocks: WritBlock[];
}

/** An answer of these lines; all of it plain. `small` is for what is told beside it. */
export function commandAnswer(lines: readonly string[], small: readonly string[] = []): CommandAnswer {
  return {
    response_type: 'ephemeral',
    text: 'Writ answers',
    blocks: [...sections(lines), ...context(small.map((words) => plain(words)))],
  };
}
