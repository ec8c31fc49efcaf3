/** What the passkey signed: its challenge is SHA-256 over the RFC 8785 form of this. */
export class StatementAnswer {
  v!: 1;
  escalation!: string;
  digest!: string;
  verdict!: 'approve';
  limits!: Record<string, unknown> | null;
  person!: string;
  nonce!: string;
}

/** An approver's passkey over the decision: all that verifying it takes, without this broker. */
export class SignedApprovalAnswer {
  statement!: StatementAnswer;
  /** Base64url, as all below. */
  credential_id!: string;
  /** JWK (RFC 7517). */
  public_key!: Record<string, string>;
  authenticator_data!: string;
  client_data_json!: string;
  signature!: string;
}

/** One person's decision. */
export class VoteAnswer {
  id!: string;
  person!: string;
  /** What people call them; the id where no name is configured. */
  name!: string;
  verdict!: 'approve' | 'deny';
  digest!: string;
  reason!: string | null;
  limits!: Record<string, unknown> | null;
  via!: string;
  at!: string;
  /** The approver's passkey over this decision; `null` when nobody signed. */
  step_up!: SignedApprovalAnswer | null;
}
