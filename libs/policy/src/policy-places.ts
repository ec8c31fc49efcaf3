import { policySetTextToParts, policyToJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyFile } from './load.js';

/** Where a policy stands and what it says, read from the text alone: without a catalogue, of whatever age. */
export interface PolicyPlace {
  readonly id: string;
  readonly role: 'forbid' | 'allow' | 'require_approval';
  readonly line: number;
  readonly text: string;
}

/** The policies of a file by line. What does not parse or has no `@id` is left out: no set that was applied has such. */
export function policyPlaces({ text }: Pick<PolicyFile, 'text'>): PolicyPlace[] {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') return [];
  return parts.policies
    .flatMap((policy): PolicyPlace[] => {
      const answer = policyToJson(policy);
      if (answer.type === 'failure') return [];
      const { effect, annotations = {} } = answer.json;
      const id = annotations['id'] ?? null;
      if (id === null) return [];
      const asks = annotations['outcome'] === 'require_approval';
      const line = text.slice(0, Math.max(0, text.indexOf(policy))).split('\n').length;
      return [{ id, role: effect === 'forbid' ? 'forbid' : asks ? 'require_approval' : 'allow', line, text: policy }];
    })
    .sort((a, b) => a.line - b.line);
}
