import { policySetTextToParts, policyToJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyFile } from './load.js';
import { unifiedDiff } from './unified-diff.js';

/** A set in which one rule allows what it sent to people before. Nothing is applied. */
export interface Proposal {
  /** The changed file. */
  readonly file: string;
  readonly diff: string;
  /** The whole set as it would be. */
  readonly files: readonly PolicyFile[];
}

/** What only a gate may carry. */
const OF_THE_GATE = new Set(['approvers', 'quorum', 'window', 'step_up', 'slack']);

/** One annotation at the head of a policy: name and, in brackets, a Cedar string. */
const ANNOTATION = /@([A-Za-z_][A-Za-z0-9_]*)(?:\s*\(\s*("(?:[^"\\]|\\.)*")\s*\))?/y;
const SPACE_OR_COMMENT = /(?:\s|\/\/[^\n]*(?:\n|$))+/y;

/**
 * The set with the rule of this `@id` turned from `require_approval` into `allow`: its outcome rewritten, what belongs to
 * the gate dropped, its caps kept. `null` when no rule of this id asks people.
 */
export function proposeAllow(files: readonly PolicyFile[], rule: string): Proposal | null {
  for (const file of files) {
    const parts = policySetTextToParts(file.text);
    if (parts.type === 'failure') continue;
    const text = parts.policies.find((policy) => asksAs(policy, rule));
    if (text === undefined) continue;
    const start = file.text.indexOf(text);
    const changed = file.text.slice(0, start) + allowing(text) + file.text.slice(start + text.length);
    return {
      file: file.name,
      diff: unifiedDiff(`policies/${file.name}`, file.text, changed),
      files: files.map((other) => (other === file ? { name: file.name, text: changed } : other)),
    };
  }
  return null;
}

function asksAs(policy: string, rule: string): boolean {
  const answer = policyToJson(policy);
  if (answer.type === 'failure') return false;
  const { annotations = {} } = answer.json;
  return annotations['id'] === rule && annotations['outcome'] === 'require_approval';
}

/** Walks the annotations, which all stand before the effect; what a string says is never mistaken for one. */
function allowing(policy: string): string {
  let head = '';
  let at = 0;
  for (;;) {
    SPACE_OR_COMMENT.lastIndex = at;
    const space = SPACE_OR_COMMENT.exec(policy)?.[0] ?? '';
    ANNOTATION.lastIndex = at + space.length;
    const found = ANNOTATION.exec(policy);
    if (found === null) return head + policy.slice(at);
    const [text, name = ''] = found;
    at += space.length + text.length;
    if (name === 'outcome') head += `${space}@outcome("allow")`;
    // With the annotation goes the white space before it, so that no empty line stays. A comment stays, and its line end
    // too where more follows on the line.
    else if (OF_THE_GATE.has(name)) head += policy[at] === '\n' ? space.trimEnd() : space.includes('//') ? space : '';
    else head += space + text;
  }
}
