import { GrantStateAnswer } from '../ask/escalation-answers.dto.js';
import type { AuthorityAnswer } from '../ask/evaluation.dto.js';

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

/** Grants, newest first. */
export class GrantPageAnswer {
  items!: GrantAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
}
