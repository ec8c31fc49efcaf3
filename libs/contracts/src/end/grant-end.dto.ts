import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';
import { EvidenceBody } from '../ask/escalation.dto.js';
import { Absent } from '../wire/absent.js';

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
