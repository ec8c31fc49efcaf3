import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { isAlias, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { isWellFormed } from '#domain/authority/canonical-json.js';
import type { ProblemList } from '../configuration-error.js';

export const CONFIGURATION_FILE_BYTES_MAX = 1024 * 1024;

/** Far above what `writ.yaml` needs, far below what recursive readers bear. */
const YAML_DEPTH_MAX = 32;

/**
 * The UTF-8 text of a configuration file of at most 1 MiB, a byte order mark dropped; null when it cannot be read (noted).
 * @param path where it is; @param shown how problems call it
 */
export function readTextFile(path: string, shown: string, problems: ProblemList): string | null {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) problems.add(shown, 'is not a file');
    else if (stat.size > CONFIGURATION_FILE_BYTES_MAX)
      problems.add(shown, `must be at most ${CONFIGURATION_FILE_BYTES_MAX} bytes`);
    else return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') problems.add(shown, 'does not exist');
    else if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') problems.add(shown, 'must be UTF-8');
    else problems.add(shown, `cannot be read (${code ?? 'error'})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return null;
}

/**
 * One YAML 1.2 document, core schema, as plain data. Refuses what makes a file mean more than it shows: repeated keys,
 * anchors and aliases, tags, other YAML versions, several documents.
 * @returns undefined when anything was refused (each problem noted with its line)
 */
export function parseYaml(text: string, shown: string, problems: ProblemList): unknown {
  const lines = new LineCounter();
  const faults: { readonly offset: number; readonly rule: string }[] = [];
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      stringKeys: true,
      prettyErrors: false,
      lineCounter: lines,
    });
    for (const error of [...document.errors, ...document.warnings]) {
      const firstLine = error.message.split('\n', 1)[0] ?? '';
      faults.push({ offset: error.pos[0], rule: error.code === 'DUPLICATE_KEY' ? 'this key stands twice' : firstLine });
    }
    if (faults.length === 0) faults.push(...indirections(document));
    if (faults.length === 0) return document.toJS({ maxAliasCount: 0 });
  } catch {
    faults.push({ offset: 0, rule: 'is nested too deeply or cannot be read as YAML' });
  }
  for (const { offset, rule } of faults.sort((a, b) => a.offset - b.offset)) {
    problems.add(`${shown} line ${Math.max(1, lines.linePos(offset).line)}`, rule);
  }
  return undefined;
}

function indirections(document: Document.Parsed): { offset: number; rule: string }[] {
  const faults: { offset: number; rule: string }[] = [];
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    faults.push({ offset: 0, rule: 'must be YAML 1.2' });
  }
  visit(document, (_key, node, ancestors) => {
    if (!isNode(node)) return undefined;
    const offset = node.range?.[0] ?? 0;
    if (isAlias(node) || node.anchor !== undefined)
      faults.push({ offset, rule: 'anchors and aliases are not read: write it out' });
    else if (node.tag !== undefined) faults.push({ offset, rule: 'tags are not read' });
    if (isScalar(node) && typeof node.value === 'string' && !isWellFormed(node.value)) {
      faults.push({ offset, rule: 'holds half of a surrogate pair' });
    }
    if (ancestors.length <= YAML_DEPTH_MAX * 2) return undefined;
    faults.push({ offset, rule: 'is nested too deeply' });
    return visit.BREAK;
  });
  return faults;
}
