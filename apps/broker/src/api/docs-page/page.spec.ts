import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '#platform/root.js';
import { DocsController } from './docs.controller.js';
import type { ApiDocument } from './document.js';
import { docsPage } from './page.js';
import { STYLE } from './style.js';

const document = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as ApiDocument;
const page = docsPage(document);

describe('the page of the API', () => {
  it('has a section for every operation and every schema, each with its anchor', () => {
    const ids = [...page.matchAll(/<section class="operation" id="([^"]+)"/g)].map(([, id]) => id);
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
    const schemas = Object.keys(document.components?.schemas ?? {}).map((name) => `schema-${name}`);
    expect(ids.sort()).toEqual([...operations.map(({ operationId }) => operationId), ...schemas].sort());
  });

  it('links to nothing that it does not hold', () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.filter((target) => !ids.has(target ?? ''))).toEqual([]);
  });

  it('brings no script and nothing from elsewhere, as its policy demands', () => {
    expect(page).not.toMatch(/<script|<link|<img|\bsrc=|@import|url\(|\bon\w+=| style=/i);
    const headers = Reflect.getMetadata('__headers__', new DocsController().docs) as { name: string; value: string }[];
    const policy = headers.find(({ name }) => name === 'Content-Security-Policy')?.value ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`);
    expect(page).toContain(`<style>${STYLE}</style>`);
  });

  it('shows words of the description as words', () => {
    const hostile = docsPage({
      info: { title: '<script>', version: '1', description: '`<b>` & <i>' },
      tags: [{ name: 't', description: '"><img>' }],
      paths: { '/<x>': { get: { operationId: 'o"', tags: ['t'], summary: '<u>', responses: {} } } },
    });
    expect(hostile).not.toMatch(/<script|<img|<x>|<u>|<i>/);
  });
});
