import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from '../wire/rules.js';
import { Absent } from '../wire/absent.js';
import type { EscalationRequest, ToolCall } from '#domain/authority/authorization-details.js';
import { canonicalJson } from '#domain/authority/canonical-json.js';
import type { JsonObject } from '#domain/json.js';
import { ACTION_NAME_LETTERS, LIMITS, VISIBLE_ASCII } from '#domain/limits.js';
import { refuse, type Refusal } from '#domain/refusal.js';

/** One element of `authorization_details` (RFC 9396): the calls it allows. */
export class ToolCallBody {
  /** The one type this broker speaks. */
  @Equals('tool_call', { message: 'must be tool_call' })
  type!: 'tool_call';

  /** 1-10 distinct actions of the resource. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIMITS.actionsPerElementMax)
  @ArrayUnique({ message: 'must be distinct' })
  @Matches(ACTION_NAME_LETTERS, { each: true, message: 'must be action names' })
  @MaxLength(LIMITS.configuredIdLengthMax, { each: true })
  actions!: string[];

  /** The one object that the call may touch; left out, any. */
  @Absent()
  @IsString()
  @IsNotEmpty()
  @Matches(VISIBLE_ASCII, { message: 'must be visible ASCII without spaces' })
  @MaxLength(LIMITS.identifierLengthMax)
  identifier?: string;

  /** The exact arguments of the call, by the schema of the action. */
  @Absent()
  @IsObject()
  arguments?: JsonObject;
}

/** The task that ends the grant when it ends. */
export class TaskBody {
  @IsString()
  @IsNotEmpty()
  @Matches(VISIBLE_ASCII, { message: 'must be visible ASCII without spaces' })
  @MaxLength(LIMITS.identifierLengthMax)
  id!: string;

  /** Shown to people as the agent's words. */
  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.taskDescriptionLengthMax)
  description?: string | null;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @Matches(VISIBLE_ASCII, { message: 'must be visible ASCII without spaces' })
  @MaxLength(LIMITS.identifierLengthMax)
  ticket?: string | null;
}

/** Something a person may look at. Never fetched by the broker, never a link in Slack. */
export class EvidenceBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(LIMITS.evidenceTitleLengthMax)
  title!: string;

  @IsString()
  @MaxLength(LIMITS.evidenceUrlLengthMax)
  @Matches(/^https:\/\//i, { message: 'must be an https URL' })
  @IsUrl(
    { protocols: ['https'], require_protocol: true, require_tld: false, validate_length: false, disallow_auth: true },
    { message: 'must be an https URL without credentials' },
  )
  url!: string;
}

/** What an agent asks. */
export class EscalationBody {
  /** The resource's id, byte for byte; it becomes the token's audience. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(LIMITS.resourceIdLengthMax)
  resource!: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIMITS.elementsMax)
  @ValidateNested({ each: true })
  @Type(() => ToolCallBody)
  authorization_details!: ToolCallBody[];

  /** Seconds, from collection on. Default: the smaller of 300 and the resource's max_token_ttl. */
  @Absent()
  @IsInt()
  @Min(1)
  @Max(LIMITS.requestedTtlSecondsMax)
  requested_ttl?: number;

  /** Calls that the token may make; null or left out: as many as fit in its life. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(LIMITS.maxUsesMax)
  max_uses?: number | null;

  @IsObject()
  @ValidateNested()
  @Type(() => TaskBody)
  task!: TaskBody;

  /** Shown to people as unverified, never read by policy. */
  @IsOptional()
  @IsString()
  @MaxLength(LIMITS.justificationLengthMax)
  justification?: string | null;

  @Absent()
  @IsArray()
  @ArrayMaxSize(LIMITS.evidenceItemsMax)
  @ValidateNested({ each: true })
  @Type(() => EvidenceBody)
  evidence?: EvidenceBody[];

  @Absent()
  @IsBoolean()
  break_glass?: boolean;
}

/**
 * The request after defaulting, in the shape its digest covers.
 * @param maxTokenTtlSeconds of the resource, when it is known
 */
export function toEscalationRequest(
  body: EscalationBody,
  maxTokenTtlSeconds: number | null,
): EscalationRequest | Refusal {
  const details = body.authorization_details.map(toToolCall);
  if (Buffer.byteLength(canonicalJson(details), 'utf8') > LIMITS.authorizationDetailsBytesMax) {
    return refuse('too_large', 'The authorization details are larger than one person can judge.', {
      errors: [
        {
          pointer: '/authorization_details',
          rule: `canonical form must be at most ${LIMITS.authorizationDetailsBytesMax} bytes`,
        },
      ],
    });
  }
  return {
    resource: body.resource,
    authorization_details: details,
    requested_ttl:
      body.requested_ttl ??
      Math.min(LIMITS.requestedTtlSecondsDefault, maxTokenTtlSeconds ?? LIMITS.requestedTtlSecondsDefault),
    max_uses: body.max_uses ?? null,
    task: { id: body.task.id, description: body.task.description ?? null, ticket: body.task.ticket ?? null },
    justification: body.justification ?? null,
    evidence: (body.evidence ?? []).map(({ title, url }) => ({ title, url })),
    break_glass: body.break_glass ?? false,
    chain: [],
  };
}

/** An element as plain data, without members that were left out. */
export function toToolCall(body: ToolCallBody): ToolCall {
  return {
    type: 'tool_call',
    actions: body.actions,
    ...(body.identifier === undefined ? {} : { identifier: body.identifier }),
    ...(body.arguments === undefined ? {} : { arguments: body.arguments }),
  };
}
