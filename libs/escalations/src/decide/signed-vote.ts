import {
  demandsSignature,
  statesDecision,
  type SignedApproval,
  type SignedDecision,
} from '#domain/approval/signed-approval.js';
import { isRefusal, refuse, type Refusal } from '#domain/refusal.js';
import type { Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';

/** An authenticator that counts never signs twice under one count: the second signature is somebody else's. */
const COPIED = 'counter went back: possibly copied';

/** An approval's signature, found good under a living passkey of the person; its nonce is still to be used up. */
export interface VerifiedApproval {
  readonly signed: SignedApproval;
  /** SHA-256 of the nonce, 64 lowercase hex. */
  readonly nonceHash: string;
  /** The authenticator's signature counter. */
  readonly counter: number;
}

/** A decision with what its person's passkey said of it. */
export interface SignableDecision extends SignedDecision {
  /** Verified already; or why it was not accepted. Absent: none was sent. */
  readonly stepUp?: VerifiedApproval | Refusal | null;
}

/** The verified signature of a decision; `null` when none was sent, or a bad one. */
export function signatureOf({ stepUp }: Pick<SignableDecision, 'stepUp'>): VerifiedApproval | null {
  return stepUp === undefined || stepUp === null || isRefusal(stepUp) ? null : stepUp;
}

/**
 * Uses the signature up, where one was sent; refuses an approval without one where policy demands it.
 * @returns why the decision cannot be recorded, or `null`
 */
export async function useSignature(
  tx: Pick<Transaction, 'passkeys'>,
  row: EscalationRow,
  decision: SignableDecision,
  now: number,
): Promise<Refusal | null> {
  if (isRefusal(decision.stepUp)) return decision.stepUp;
  const signature = signatureOf(decision);
  const wanting = (why: string, detail: string, facts = {}): Refusal =>
    refuse('insufficient_user_authentication', detail, { facts: { why, ...facts } });
  if (signature === null) {
    if (decision.verdict === 'deny' || !demandsSignature(row.policy)) return null;
    return wanting('no_signature', 'Policy asks for your passkey over this decision.');
  }
  const { signed, nonceHash, counter } = signature;
  if (!statesDecision(signed, row.id, decision))
    return wanting('another_decision', 'Your passkey signed something else.');
  const { person } = decision;
  if (!(await tx.passkeys.redeem({ hash: nonceHash, purpose: 'approve', person, escalation: row.id })))
    return wanting('nonce', 'What your passkey signed is too old or was used before. Try again.');
  const use = await tx.passkeys.markUsed(signed.credential_id, person, counter, now);
  if (use === 'went_back')
    return wanting('passkey', `This passkey’s ${COPIED}. Remove it, and tell an operator.`, { cause: COPIED });
  return use === 'used' ? null : wanting('passkey', 'This passkey is no longer yours to use.');
}
