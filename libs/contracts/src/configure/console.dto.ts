// Agents, policies and sessions as the console reads them, and the body of a dry run.
import { ApiProperty } from '../wire/describe.js';
import { Type } from 'class-transformer';
import {
  IsISO8601,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { CONFIGURED_ID, LIMITS } from '#domain/limits.js';
import { Absent } from '../wire/absent.js';
import { AuthorityAnswer } from '../answers.dto.js';
import { type DenialAnswer } from '../refused-answers.dto.js';
import { EscalationBody } from '../ask/escalation.dto.js';

/** How much of each kind an agent has. */
export class AgentCountsAnswer {
  pending!: number;
  live_grants!: number;
  granted_last_day!: number;
  denied_last_day!: number;
}

/** What you may do with the agent now. */
export class MayAgentAnswer {
  suspend!: boolean;
  resume!: boolean;
}

/** An agent as its owner, operators and auditors see it. */
export class AgentAnswer {
  id!: string;
  name!: string;
  owner!: string;
  owner_name!: string;
  groups!: string[];
  status!: 'active' | 'suspended';
  counts!: AgentCountsAnswer;
  /** Of its live grants; `null` where it holds none. */
  @ApiProperty({ type: 'string', enum: ['low', 'medium', 'high'], nullable: true })
  highest_risk!: 'low' | 'medium' | 'high' | null;
  may!: MayAgentAnswer;
}

/** Agents by id. */
export class AgentPageAnswer {
  items!: AgentAnswer[];
  /** Send it as `cursor` for the rest; `null` at the end. */
  next_cursor!: string | null;
}

/** Where a policy stands. */
export class PolicyPlaceAnswer {
  id!: string;
  role!: 'forbid' | 'allow' | 'require_approval';
  line!: number;
}

/** One file of policies. */
export class PolicyFileAnswer {
  name!: string;
  text!: string;
  policies!: PolicyPlaceAnswer[];
}

/** The policies in force. */
export class PolicySetAnswer {
  /** SHA-256 of the set. */
  version!: string;
  files!: PolicyFileAnswer[];
}

/** One action of the configuration. */
export class CatalogueActionAnswer {
  action!: string;
  risk!: 'low' | 'medium' | 'high';
  /** JSON Schema of its arguments; `null` when it takes none. */
  arguments!: Record<string, unknown> | null;
  /** `required`: an element with this action names an identifier. */
  identifier!: 'required' | 'optional';
  /** Some rule could permit it to the agent, depending on what is asked; without one it is always denied. */
  permitted!: boolean;
}

/** One resource of the configuration. */
export class CatalogueResourceAnswer {
  resource!: string;
  name!: string;
  actions!: CatalogueActionAnswer[];
}

/** An agent that may be tried. */
export class CatalogueAgentAnswer {
  id!: string;
  name!: string;
}

/** What can be asked for, by whom. */
export class CatalogueAnswer {
  /** The agent that `permitted` is about: the one that was named, or the first; `null` where there is none. */
  agent!: string | null;
  agents!: CatalogueAgentAnswer[];
  resources!: CatalogueResourceAnswer[];
}

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

/** Whom it would ask. */
export class DryRunGateAnswer {
  id!: string;
  quorum!: number;
  /** Who would be asked when it is late. */
  deputy!: string | null;
  /** The people who may fill its seats. */
  eligible!: DryRunPersonAnswer[];
}

/** Somebody who may decide. */
export class DryRunPersonAnswer {
  person!: string;
  name!: string;
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

/** A living session. */
export class SessionItemAnswer {
  id!: string;
  person!: string;
  /** Whether it is the one that asks. */
  current!: boolean;
  signed_in_by!: 'code' | 'oidc' | 'enrolment';
  opened_at!: string;
  expires_at!: string;
}

/** Living sessions, newest first. */
export class SessionListAnswer {
  items!: SessionItemAnswer[];
}

/** How one may sign in here. */
export class SignInOptionsAnswer {
  /** With the organisation's OpenID provider, at `/auth/login`. */
  oidc!: boolean;
}
