import { createHash } from 'node:crypto';
import type { EscalationRequest, GrantedAuthority } from './authorization-details.js';
import { canonicalJson } from './canonical-json.js';

/** `sha256:` + lowercase hex over the UTF-8 bytes of the RFC 8785 form. */
export function sha256Of(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex')}`;
}

/** The digest of a request: shown, voted on, recorded and minted (contract section 5). `agent` is the bare id. */
export function requestDigest(id: string, agent: string, request: EscalationRequest, policyVersion: string): string {
  return sha256Of({
    v: 1,
    id,
    agent,
    resource: request.resource,
    authorization_details: request.authorization_details,
    requested_ttl: request.requested_ttl,
    max_uses: request.max_uses,
    task: { id: request.task.id, description: request.task.description, ticket: request.task.ticket },
    justification: request.justification,
    evidence: request.evidence,
    break_glass: request.break_glass,
    chain: request.chain,
    policy_version: policyVersion,
  });
}

/** The digest of what was granted, beside the digest of what was asked. */
export function grantDigest(escalation: string, digest: string, granted: GrantedAuthority): string {
  return sha256Of({
    v: 1,
    escalation,
    digest,
    granted: { authorization_details: granted.authorization_details, ttl: granted.ttl, max_uses: granted.max_uses },
  });
}
