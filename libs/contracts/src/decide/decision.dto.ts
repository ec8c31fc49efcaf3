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
} from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';
import { ToolCallBody } from '../ask/escalation.dto.js';
import { Absent } from '../wire/absent.js';
import { ApiProperty } from '../wire/describe.js';
import type { EscalationForPeopleAnswer } from './escalation-for-people.dto.js';

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

/** What became of a vote. */
export class DecisionAnswer {
  vote!: 'recorded' | 'settled';
  /** A word to this person after a streak of fast approvals; otherwise `null`. */
  warning!: string | null;
  /** After a denial: how many requests it ended, this one and the identical ones behind it. */
  denied?: number;
  escalation!: EscalationForPeopleAnswer;
}
