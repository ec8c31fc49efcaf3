// An escalation as its agent reads it, as OpenAPI tells it. The presenters make it; a flow test holds both against
// each other.
import type { EndReason } from '#domain/grant/lifecycle.js';
import type { CancellationAnswer, DenialAnswer } from '../refused-answers.dto.js';
import { ApiProperty } from '../wire/describe.js';
import type { TaskBody, ToolCallBody } from './escalation.dto.js';

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
