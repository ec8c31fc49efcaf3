import type { ToolCallBody } from './escalation.dto.js';

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
