import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { documents, proseOf } from './markdown.js';

/** What begins like a path of this repository. Anything with a placeholder or a pattern in it is no path. */
const IN_CODE = /`((?:apps|libs|test|docs|prisma|config|tools|packages)\/[\w./-]+)`/g;
const LINK = /\]\(([^)\s]+)\)/g;

describe('the documents', () => {
  it.each(documents())('%s names only paths that exist', (path) => {
    const prose = proseOf(path);
    const links = [...prose.matchAll(LINK)]
      .map(([, target = '']) => target.replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
      .map((target) => join(dirname(path), target));
    const named = [...prose.matchAll(IN_CODE)].map(([, target = '']) => target);
    expect([...links, ...named].filter((target) => !existsSync(target))).toEqual([]);
  });

  it('index every document of docs/', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const own = documents().filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');
    expect(own.filter((path) => !index.includes(`(${path.slice('docs/'.length)})`))).toEqual([]);
  });

  it('send a newcomer to at most eight files', () => {
    const path = /## The five-minute path\n([\s\S]*?)\n## /.exec(readFileSync('docs/README.md', 'utf8'))?.[1] ?? '';
    const steps = path.split('\n').filter((line) => /^\d+\. /.test(line));
    expect(steps.length).toBeGreaterThan(3);
    expect(steps.length).toBeLessThanOrEqual(8);
  });
});
