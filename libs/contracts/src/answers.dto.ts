// The answers as OpenAPI tells them. The presenters make them; a flow test holds both against each other.
import type { EndReason } from '#domain/grant/lifecycle.js';
import { ApiProperty } from './wire/describe.js';
import { EvidenceBody, TaskBody, ToolCallBody } from './ask/escalation.dto.js';
import { type BreakGlassMarkAnswer } from './fatigue.dto.js';
import { type CancellationAnswer, type DenialAnswer } from './refused-answers.dto.js';
import { SaidCallAnswer } from './said-calls.dto.js';

const ANY_MEMBER = { oneOf: [{ type: 'integer' }, { type: 'array', items: { type: 'object' } }], nullable: true };

/** One member that was cut, with both values. */
export class CutAnswer {
  field!: 'ttl' | 'max_uses' | 'authorization_details';
  @ApiProperty(ANY_MEMBER)
  asked!: unknown;
  @ApiProperty(ANY_MEMBER)
  granted!: unknown;
}

/** What was granted: the request's shape, never more than was asked. */
export class GrantedAnswer {
  resource!: string;
  authorization_details!: ToolCallBody[];
  /** Seconds, from collection on. The same as `ttl`. */
  requested_ttl!: number;
  /** Seconds, from collection on. */
  ttl!: number;
  max_uses!: number | null;
  cuts!: CutAnswer[];
  /** What approvers wrote about what they cut, without their names. Not covered by `grant_digest`. */
  cut_reasons!: string[];
}

/** What policy said when the request was made. */
export class PolicyAnswer {
  outcome!: 'allow' | 'require_approval' | 'deny';
  /** SHA-256 of the policy set. */
  version!: string;
  /** The `@id`s that determined the outcome. */
  determining!: string[];
}

/** How far one group of approvers is. */
export class GateAnswer {
  /** @example 'payments-oncall' */
  id!: string;
  quorum!: number;
  approved!: number;
}

/** One thing that happens while nobody decides. */
export class ClockStepAnswer {
  /** RFC 3339. */
  at!: string;
  step!: 'reminder' | 'deputy_asked' | 'lapses';
  /** It has happened. A reminder has when it was given, which none is while the request stands behind an identical one. */
  done!: boolean;
}

/** Whom the request waits for. */
export class ApprovalAnswer {
  groups!: GateAnswer[];
  /** Seconds that people have to decide. */
  window_seconds!: number;
}

/** What happens while people decide, and when they usually have. */
export class ClockAnswer {
  /** By time; the last one is the end of the window. */
  steps!: ClockStepAnswer[];
  /**
   * Seconds left until people usually decide: the median of the last 50 decisions under the same policies, less the time
   * that has passed. `null` in the answer to the ask itself, once it is decided, while fewer than three are known, and in
   * what people read: it would hurry them.
   */
  eta_seconds!: number | null;
}

/** Where a grant is in its life. */
export class GrantStateAnswer {
  /** @example 'grt_01KAMZ0000000000000000000B' */
  id!: string;
  status!: 'ready' | 'active' | 'completed' | 'expired' | 'revoked';
  /** Collect it before. RFC 3339. */
  ready_until!: string | null;
  /** The end that nothing moves; known once it is collected. RFC 3339. */
  expires_at!: string | null;
  ended_at!: string | null;
  end_reason!: EndReason | null;
  /** How often, once collected, the agent must send `POST /v1/grants/{id}/heartbeat`, use or renew it; `null`: it need not. */
  heartbeat_seconds!: number | null;
  /** When it ends for silence unless the agent is heard of before; `null` while no silence could end it. RFC 3339. */
  silent_at!: string | null;
}

/** An escalation as its agent sees it. */
export class EscalationAnswer {
  /** @example 'esc_01KAMZ0000000000000000000A' */
  id!: string;
  status!: 'pending' | 'approved' | 'denied' | 'cancelled' | 'lapsed';
  /** Over the canonical request: what is shown, voted on, recorded and carried. */
  digest!: string;
  /** RFC 3339 UTC with milliseconds, as every time here. */
  created_at!: string;
  /** People decide before this. */
  expires_at!: string;
  decided_at!: string | null;
  resource!: string;
  task!: TaskBody;
  /** The grant that the work was handed on from; `null`: none. */
  parent!: string | null;
  policy!: PolicyAnswer;
  approval!: ApprovalAnswer | null;
  clock!: ClockAnswer | null;
  granted!: GrantedAnswer | null;
  denial!: DenialAnswer | null;
  cancellation!: CancellationAnswer | null;
  grant!: GrantStateAnswer | null;
}

/** How to collect: what to send to `/oauth/token`. */
export class ContinuationAnswer {
  /** @example 'urn:ietf:params:oauth:grant-type:deferred' */
  grant_type!: string;
  deferral_code!: string;
  /** Seconds between two polls. */
  interval!: number;
}

/** An escalation just made. */
export class CreatedEscalationAnswer extends EscalationAnswer {
  /** The agent's own open requests for the same authority, in whatever words and for however long. */
  like!: string[];
  /** While it is pending, or approved with a grant that waits to be collected. */
  continuation?: ContinuationAnswer;
}

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

/** The request as the digest covers it. */
export class RequestAnswer {
  resource!: string;
  authorization_details!: ToolCallBody[];
  requested_ttl!: number;
  max_uses!: number | null;
  task!: TaskBody;
  /** The agent's words: unverified, and never read by policy. */
  justification!: string | null;
  evidence!: EvidenceBody[];
  break_glass!: boolean;
  chain!: Record<string, unknown>[];
}

/** An escalation as people see it. */
export class EscalationForPeopleAnswer extends EscalationAnswer {
  agent!: string;
  agent_name!: string;
  resource_name!: string;
  owner!: string;
  owner_name!: string;
  risk!: 'low' | 'medium' | 'high';
  request!: RequestAnswer;
  /** The calls of the request in its order. */
  calls!: SaidCallAnswer[];
  /** Why policy asks people. */
  reasons!: string[];
  /** The facts that policy used. */
  facts!: Record<string, unknown>;
  grant_digest!: string | null;
  /** What break-glass did for this request; `null` where it made no difference. */
  break_glass!: BreakGlassMarkAnswer | null;
  votes!: VoteAnswer[];
}

/** What became of a vote. */
export class DecisionAnswer {
  vote!: 'recorded' | 'settled';
  /** A word to this person after a streak of fast approvals; otherwise `null`. */
  warning!: string | null;
  /** After a denial: how many requests it ended, this one and the identical ones behind it. */
  denied?: number;
  escalation!: EscalationForPeopleAnswer;
}

/** What would be granted. */
export class AuthorityAnswer {
  authorization_details!: ToolCallBody[];
  ttl!: number;
  max_uses!: number | null;
}

/** What would happen. */
export class EvaluationAnswer {
  outcome!: 'allow' | 'require_approval' | 'deny';
  determining!: string[];
  largest_allowed!: AuthorityAnswer | null;
}

/** One action that may be asked for. */
export class RequestableActionAnswer {
  action!: string;
  risk!: 'low' | 'medium' | 'high';
  /** JSON Schema of its arguments; `null` when it takes none. */
  arguments!: Record<string, unknown> | null;
  /** `required`: an element with this action names an identifier. */
  identifier!: 'required' | 'optional';
  /** What an ask with nothing but this action would meet. */
  outcome!: 'allow' | 'require_approval' | 'deny';
}

/** One resource with the actions that may be asked for. */
export class RequestableResourceAnswer {
  resource!: string;
  name!: string;
  max_token_ttl!: number;
  actions!: RequestableActionAnswer[];
}

/** What this agent may ask for. */
export class RequestableAnswer {
  items!: RequestableResourceAnswer[];
}

/** A grant in a list, or at the head of its story. */
export class GrantAnswer extends GrantStateAnswer {
  escalation!: string;
  /** The grant that the work was handed on from, with which this one ends; `null`: none. */
  parent!: string | null;
  agent!: string;
  resource!: string;
  actions!: string[];
  granted!: AuthorityAnswer;
  digest!: string;
  grant_digest!: string;
  /** Uses counted here: its own and those of every grant under it. */
  uses!: number;
  /** The least that is left over this grant and all above it; `null`: no limit. */
  uses_remaining!: number | null;
  outcome!: 'succeeded' | 'failed' | 'abandoned' | null;
  created_at!: string;
  activated_at!: string | null;
}
