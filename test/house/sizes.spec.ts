import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const MOST_FILES = 24;
const MOST_MEMBERS = 12;
/** The five-minute path of docs/README.md. */
const PATH_LINES = 800;
/** What only tests use lies beside what it tests, and is not what a newcomer looks through. */
const FOR_TESTS = /\.(spec|suite|fixture)\.tsx?$/;

describe('the house', () => {
  it(`keeps no more than ${MOST_FILES} files in a folder`, () => {
    const counts = new Map<string, number>();
    for (const file of ['apps', 'libs', 'packages', 'test', 'tools'].flatMap(sourcesUnder))
      counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, files]) => files > MOST_FILES)).toEqual([]);
  });

  it(`asks no use case to know an interface of more than ${MOST_MEMBERS} members`, () => {
    const wide = sourcesUnder('libs/escalations/src')
      .flatMap((file) => interfacesOf(file).map(({ name, members }) => ({ file, name, members })))
      .filter(({ members }) => members > MOST_MEMBERS);
    expect(wide).toEqual([]);
  });

  it(`shows the main flow in eight files of ${PATH_LINES} lines together`, () => {
    const path = readFileSync('docs/README.md', 'utf8').match(/^\d\. \[([^\]]+)\]/gm) ?? [];
    const files = path.map((line) => line.slice(line.indexOf('[') + 1, -1));
    expect(files).toHaveLength(8);
    const lines = files.map((file) => readFileSync(file, 'utf8').split('\n').length - 1);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(PATH_LINES);
  });
});

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs)$/.test(entry.name) && !FOR_TESTS.test(entry.name))
    .map((entry) => relative('.', join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes('/generated/'));
}

/** Interfaces and abstract classes with the members of their own. */
function interfacesOf(file: string): { name: string; members: number }[] {
  const found: { name: string; members: number }[] = [];
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  source.forEachChild((node) => {
    const abstractClass =
      ts.isClassDeclaration(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword);
    if (abstractClass || ts.isInterfaceDeclaration(node))
      found.push({ name: node.name?.text ?? '', members: node.members.length });
  });
  return found;
}
