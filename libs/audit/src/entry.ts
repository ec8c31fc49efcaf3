import { createHash } from 'node:crypto';
import { canonicalJson } from '#domain/authority/canonical-json.js';

/** What one audit entry says, before it becomes bytes. `at` is RFC 3339 UTC with milliseconds. */
export interface AuditFact {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly escalation: string | null;
  readonly grant: string | null;
  readonly agent: string | null;
  readonly data: unknown;
}

/** The canonical text of an entry (RFC 8785), which is what the tree hashes and what an outsider recomputes. */
export function auditLeaf(fact: AuditFact): string {
  return canonicalJson({ v: 1, ...fact });
}

/** RFC 6962 leaf hash: SHA-256 over 0x00 and the leaf, so that no leaf can pose as a node. */
export function leafHash(leaf: string): Buffer {
  return createHash('sha256')
    .update(Buffer.from([0]))
    .update(leaf, 'utf8')
    .digest();
}
