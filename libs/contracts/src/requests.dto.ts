import { ApiProperty } from './wire/describe.js';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { JsonObject } from '#domain/json.js';
import { LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { Absent } from './wire/absent.js';
import { EvidenceBody, ToolCallBody } from './ask/escalation.dto.js';

/** What an approver cuts from the ask. Nothing here can widen it. */
export class LimitsBody {
  /** Seconds. */
  @Absent()
  @IsInt()
  @Min(1)
  @Max(LIMITS.requestedTtlSecondsMax)
  ttl?: number;

  @Absent()
  @IsInt()
  @Min(1)
  @Max(LIMITS.maxUsesMax)
  max_uses?: number;

  @Absent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIMITS.elementsMax)
  @ValidateNested({ each: true })
  @Type(() => ToolCallBody)
  authorization_details?: ToolCallBody[];
}

/** The person's passkey over their approval, begun at `/step-up`. */
export class DecisionSignatureBody {
  /** As `/step-up` gave it. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  nonce!: string;

  /** AuthenticationResponseJSON of W3C Web Authentication; members not needed are not looked at. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsObject()
  credential!: Record<string, unknown>;
}

/** A person's decision on an escalation. */
export class DecisionBody {
  @IsIn(['approve', 'deny'], { message: 'must be approve or deny' })
  verdict!: 'approve' | 'deny';

  /** The digest that the person was shown. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(LIMITS.digestLengthMax)
  digest!: string;

  /** Needed to deny; the agent reads it. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @Matches(/\S/, { message: 'must say something' })
  @MaxLength(LIMITS.reasonLengthMax)
  reason?: string | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LimitsBody)
  limits?: LimitsBody | null;

  /** For an approval, where policy demands a passkey. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => DecisionSignatureBody)
  step_up?: DecisionSignatureBody | null;
}

/** How a task ended. */
export class CompletionBody {
  @IsIn(['succeeded', 'failed', 'abandoned'], { message: 'must be succeeded, failed or abandoned' })
  outcome!: 'succeeded' | 'failed' | 'abandoned';

  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.summaryLengthMax)
  summary?: string | null;

  @Absent()
  @IsArray()
  @ArrayMaxSize(LIMITS.evidenceItemsMax)
  @ValidateNested({ each: true })
  @Type(() => EvidenceBody)
  evidence?: EvidenceBody[];
}

/** Why a grant is revoked, for the record. */
export class RevokeBody {
  @IsString()
  @IsNotEmpty()
  @Matches(/\S/, { message: 'must say something' })
  @MaxLength(LIMITS.reasonLengthMax)
  reason!: string;
}

/** Why an agent is suspended or resumed. */
export class SuspendBody {
  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.reasonLengthMax)
  reason?: string | null;
}

/** A login code from `npx writ login-link`. */
export class SessionBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  code!: string;
}

/** One call that a resource server is about to serve. */
export class ConsumeBody {
  @IsString()
  @IsNotEmpty()
  token!: string;

  /** Whatever the resource server calls it: what is no name of an action is not granted. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(LIMITS.configuredIdLengthMax)
  action!: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @Matches(VISIBLE_ASCII, { message: 'must be visible ASCII without spaces' })
  @MaxLength(LIMITS.identifierLengthMax)
  identifier?: string | null;

  @IsOptional()
  @IsObject()
  arguments?: JsonObject | null;

  /** Names this call: repeated with the same content, it is counted once. */
  @IsString()
  @IsNotEmpty()
  @Matches(VISIBLE_ASCII, { message: 'must be visible ASCII without spaces' })
  @MaxLength(LIMITS.identifierLengthMax)
  call_id!: string;
}
