import { IsOptional, IsString, MaxLength } from '../wire/rules.js';
import { LIMITS } from '#domain/limits.js';

/** Why an agent is suspended or resumed. */
export class SuspendBody {
  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.reasonLengthMax)
  reason?: string | null;
}

/** Whether the agent is suspended now. */
export class AgentStandingAnswer {
  agent!: string;
  suspended!: boolean;
}
