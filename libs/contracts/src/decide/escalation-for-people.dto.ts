import type { BreakGlassMarkAnswer } from '../ask/break-glass.dto.js';
import { EscalationAnswer } from '../ask/escalation-answers.dto.js';
import type { EvidenceBody, TaskBody, ToolCallBody } from '../ask/escalation.dto.js';
import type { SaidCallAnswer } from '../said-calls.dto.js';
import type { VoteAnswer } from './vote.dto.js';

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
