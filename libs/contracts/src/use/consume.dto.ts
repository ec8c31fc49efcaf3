import { IsNotEmpty, IsObject, IsOptional, IsString, Matches, MaxLength } from '../wire/rules.js';
import type { JsonObject } from '#domain/json.js';
import { LIMITS, VISIBLE_ASCII } from '#domain/limits.js';

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

/** Whether the call is granted; asked again with the same `call_id`, the first answer. */
export class ConsumeAnswer {
  allowed!: boolean;
  /** `true` when this is the answer that the same `call_id` had before: no second use was counted. */
  replayed?: true;
  /** Which use of the grant this was, from 1; only when allowed. */
  use?: number;
  /** Uses left, the least over the grant and all above it, `null` for no limit; only when allowed. */
  remaining?: number | null;
  /** Why not; only when refused. */
  code?: 'used_up' | 'digest_mismatch' | 'inactive' | 'action_not_granted';
}
