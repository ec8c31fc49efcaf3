import { IsNotEmpty, IsString, Matches, MaxLength } from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';

/** Why everything that an agent asks is denied; the agent reads it. */
export class DenyPendingBody {
  @IsString()
  @IsNotEmpty()
  @Matches(/\S/, { message: 'must say something' })
  @MaxLength(LIMITS.reasonLengthMax)
  reason!: string;
}

/** How many requests were denied. */
export class DeniedAnswer {
  agent!: string;
  denied!: number;
}
