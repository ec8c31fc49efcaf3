import { Type } from 'class-transformer';
import {
  IsInt,
  IsISO8601,
  IsNotEmpty,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from '../wire/rules.js';
import { CONFIGURED_ID, LIMITS } from '#domain/limits.js';
import { EscalationBody } from '../ask/escalation.dto.js';
import type { AuthorityAnswer } from '../ask/evaluation.dto.js';
import type { DenialAnswer } from '../refused-answers.dto.js';
import { Absent } from '../wire/absent.js';

/** Facts to judge by instead of the true ones; counts are of each action asked for. */
export class FactsBody {
  @Absent()
  @IsInt()
  @Min(0)
  @Max(LIMITS.factMax)
  recent_denials?: number;

  @Absent()
  @IsInt()
  @Min(0)
  @Max(LIMITS.factMax)
  open_grants?: number;

  @Absent()
  @IsInt()
  @Min(0)
  @Max(LIMITS.factMax)
  pending_asks?: number;

  @Absent()
  @IsInt()
  @Min(0)
  @Max(LIMITS.factMax)
  granted_last_hour?: number;

  @Absent()
  @IsInt()
  @Min(0)
  @Max(LIMITS.factMax)
  granted_last_day?: number;
}

/** What would happen if this agent asked this. */
export class DryRunBody {
  @IsString()
  @Matches(CONFIGURED_ID, { message: 'must be the id of an agent' })
  agent!: string;

  /** As the agent would send it to `POST /v1/escalations`. */
  @IsObject()
  @ValidateNested()
  @Type(() => EscalationBody)
  request!: EscalationBody;

  /** When it would ask, RFC 3339; now when left out. */
  @Absent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(40)
  @IsISO8601({ strict: true, strictSeparator: true }, { message: 'must be an RFC 3339 time' })
  @Matches(/^\d{4}-\d{2}-\d{2}T[\d:.,]*(?:Z|[+-]\d{2}:\d{2})$/, { message: 'must be an RFC 3339 time with an offset' })
  at?: string;

  @Absent()
  @IsObject()
  @ValidateNested()
  @Type(() => FactsBody)
  facts?: FactsBody;
}

/** One policy that had a say. */
export class PolicyVoiceAnswer {
  policy!: string;
  effect!: 'permit' | 'forbid';
  outcome!: 'allow' | 'require_approval' | null;
  reason!: string | null;
}

/** What one action of one element met. */
export class PairAnswer {
  /** Which element of `authorization_details`, from 0. */
  element!: number;
  action!: string;
  outcome!: 'allow' | 'require_approval' | 'deny';
  /** Policies that matched. */
  satisfied!: PolicyVoiceAnswer[];
  /** Policies in scope that did not. */
  unsatisfied!: string[];
  /** Policies that could not be evaluated. */
  failed!: string[];
}

/** Somebody who may decide. */
export class DryRunPersonAnswer {
  person!: string;
  name!: string;
}

/** Whom it would ask. */
export class DryRunGateAnswer {
  id!: string;
  quorum!: number;
  /** Who would be asked when it is late. */
  deputy!: string | null;
  /** The people who may fill its seats. */
  eligible!: DryRunPersonAnswer[];
}

/** What the agent would be answered. */
export class DryRunAskAnswer {
  status!: 'pending' | 'approved' | 'denied';
  /** What an approval without further cuts would grant. */
  granted!: AuthorityAnswer | null;
  denial!: DenialAnswer | null;
  /** The largest part that policy would not deny. */
  largest_allowed!: AuthorityAnswer | null;
}

/** A decision explained. Nothing was kept but an audit row. */
export class DryRunAnswer {
  outcome!: 'allow' | 'require_approval' | 'deny';
  /** In one or two sentences. */
  explanation!: string;
  version!: string;
  determining!: string[];
  reasons!: string[];
  denial_code!: string | null;
  gates!: DryRunGateAnswer[];
  window_seconds!: number;
  max_ttl!: number | null;
  max_uses!: number | null;
  /** What an approval needs beside the vote. */
  step_up!: 'webauthn' | null;
  /** What Slack may be used for. */
  slack!: 'deny_only' | null;
  risk!: 'low' | 'medium' | 'high';
  pairs!: PairAnswer[];
  facts!: Record<string, unknown>;
  ask!: DryRunAskAnswer;
}
