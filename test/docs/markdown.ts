import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block: its language and its text. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown text, in order. */
export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

const FOLDERS = ['', 'docs', 'docs/adr', 'config/sample', 'test'];

/** Every Markdown file that readers are sent to, as paths from the root. */
export function documents(): string[] {
  const nested = ['libs', 'apps', 'packages'].flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  );
  return [...FOLDERS, ...nested]
    .filter((folder) => folder === '' || (statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false))
    .flatMap((folder) => readdirSync(folder === '' ? '.' : folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'));
}

/** The text without its fenced blocks. */
export function proseOf(path: string): string {
  return readFileSync(path, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
}
