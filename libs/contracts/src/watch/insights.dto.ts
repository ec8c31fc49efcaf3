// How people decide, by approver and by rule, as OpenAPI tells it.
import { ApiProperty } from '../wire/describe.js';

/** How one person has decided in the last 30 days. */
export class ApproverInsightAnswer {
  person!: string;
  /** What people call them; the id where no name is configured. */
  name!: string;
  decisions!: number;
  approved!: number;
  denied!: number;
  /** Approved of all decisions, 0 to 1. */
  @ApiProperty({ type: 'number', format: 'double', minimum: 0, maximum: 1 })
  approve_rate!: number;
  /** From the request to the vote. */
  median_seconds!: number;
  /** Approvals within ten seconds of the request, its card or the decision before. */
  fast_approvals!: number;
}

/** Whoever decided, most decisions first. */
export class ApproverInsightsAnswer {
  days!: number;
  items!: ApproverInsightAnswer[];
}

/** What people said in the last 30 days to what one rule sent to them. */
export class RuleInsightAnswer {
  /** `@id` of the policy. */
  rule!: string;
  asked!: number;
  approved!: number;
  /** By people. */
  denied!: number;
  lapsed!: number;
  cancelled!: number;
  /** Approved of all that people decided, 0 to 1; `null` while they decided none. */
  @ApiProperty({ type: 'number', format: 'double', minimum: 0, maximum: 1, nullable: true })
  approve_rate!: number | null;
  /** From the request to its decision. */
  median_seconds!: number | null;
  /** Votes for it within ten seconds of the request, its card or the decision before. */
  fast_approvals!: number;
  /** Of all votes for it, 0 to 1; `null` while there are none. */
  @ApiProperty({ type: 'number', format: 'double', minimum: 0, maximum: 1, nullable: true })
  fast_share!: number | null;
  /** `allow`: always approved, ten times or more, and at most a fifth of it fast. `forbid`: always denied. */
  candidate!: 'allow' | 'forbid' | null;
  /** Why no change of it is proposed: more than a fifth of its approvals were fast. `null`: one may be. */
  no_proposal!: string | null;
}

/** Rules that asked people, most asked first. */
export class RuleInsightsAnswer {
  days!: number;
  items!: RuleInsightAnswer[];
}

/** The changed rule over the stored requests of the last 30 days. */
export class ReplayAnswer {
  /** Requests that the rule sent to people, at most 1,000. */
  considered!: number;
  would_allow!: number;
  would_ask!: number;
  would_deny!: number;
  /** Would be allowed, though people denied them. */
  allowed_against_people!: number;
}

/** A change that nobody has made yet. */
export class RuleProposalAnswer {
  rule!: string;
  file!: string;
  /** A unified diff of the policy file. */
  diff!: string;
  replay!: ReplayAnswer;
}
