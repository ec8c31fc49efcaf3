import { createHash } from 'node:crypto';
import type { AuthorityLimits } from '../authority/authorization-details.js';
import { canonicalJson } from '../authority/canonical-json.js';
import type { PolicyDecision } from '../policy-decision.js';

/** What an approver's passkey signs: this one decision, by this one person, once. */
export interface DecisionStatement {
  readonly v: 1;
  readonly escalation: string;
  readonly digest: string;
  readonly verdict: 'approve';
  /** `null` when the approver cut nothing. */
  readonly limits: AuthorityLimits | null;
  readonly person: string;
  /** 32 random bytes, base64url; good once, for two minutes. */
  readonly nonce: string;
}

/** An assertion (W3C Web Authentication, level 3) over a statement, with all that verifying it takes. */
export interface SignedApproval {
  readonly statement: DecisionStatement;
  /** The credential's id, base64url. */
  readonly credential_id: string;
  /** Public JWK (RFC 7517) of the credential. */
  readonly public_key: Readonly<Record<string, string>>;
  /** Base64url of what the authenticator returned, byte for byte. */
  readonly authenticator_data: string;
  readonly client_data_json: string;
  readonly signature: string;
}

/** The challenge that a statement makes: base64url of SHA-256 over its RFC 8785 form. */
export function decisionChallenge(statement: DecisionStatement): string {
  return createHash('sha256').update(canonicalJson(statement), 'utf8').digest('base64url');
}

/** What a decision says that a signature must say too. */
export interface SignedDecision {
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  readonly digest: string;
  readonly limits: AuthorityLimits | null;
}

/** True when the signed statement is this person's decision on this escalation: no other verdict, digest or limits. */
export function statesDecision(signed: SignedApproval, escalation: string, decision: SignedDecision): boolean {
  const { person, verdict, digest, limits } = decision;
  const { nonce } = signed.statement;
  return (
    canonicalJson(signed.statement) === canonicalJson({ v: 1, escalation, digest, verdict, limits, person, nonce })
  );
}

type Demands = Partial<Pick<PolicyDecision, 'stepUp' | 'slack'>>;

/** True when an approval counts under this policy outcome only with its approver's passkey over it. */
export function demandsSignature(policy: Demands): boolean {
  return (policy.stepUp ?? null) !== null;
}

/** Where people may approve: a Slack click carries no signature, so step-up leads to the console too. */
export function approveIn(policy: Demands): 'slack' | 'console_passkey' | 'console' {
  if (demandsSignature(policy)) return 'console_passkey';
  return (policy.slack ?? null) === null ? 'slack' : 'console';
}
