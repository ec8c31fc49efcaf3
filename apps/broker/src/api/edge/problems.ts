import { applyDecorators, type Type } from '@nestjs/common';
import { ApiQuery, ApiResponse, getSchemaPath } from '#contracts/wire/describe.js';
import { LIMITS } from '#domain/limits.js';
import { PROBLEM_CODES, presentProblem, statusOf } from '#contracts/wire/problem-types.js';
import { GRANT_STATES } from '#domain/grant/lifecycle.js';
import type { Refusal, RefusalCode } from '#domain/refusal.js';
import { EVENT_TYPES } from '#escalations/rows/event-types.js';
import { PROBLEM_EXAMPLES } from './problem-examples.js';

/**
 * Documents the problems that a route may answer of its own accord, by code; a number stands for every code of that
 * status. What any route may answer (no proof, a foreign Host, a store that is away) is added to the description.
 */
export function Problems(...answers: (number | RefusalCode)[]): MethodDecorator {
  const codes = PROBLEM_CODES.filter((code) => answers.includes(code) || answers.includes(statusOf(code)));
  return applyDecorators(...problemResponses(codes).map(([status, response]) => ApiResponse({ status, ...response })));
}

/** The same for codes that this route answers by another status than their own. */
export function ProblemsAs(status: number, ...codes: RefusalCode[]): MethodDecorator {
  return applyDecorators(
    ...problemResponses(codes, status).map(([, response]) => ApiResponse({ status, ...response })),
  );
}

/** For each status among these codes its response: the codes and one example of each. */
export function problemResponses(codes: readonly RefusalCode[], override?: number): [number, ProblemResponse][] {
  const statuses = [...new Set(codes.map((code) => override ?? statusOf(code)))];
  return statuses.map((status) => [
    status,
    response(
      codes.filter((code) => (override ?? statusOf(code)) === status),
      status,
    ),
  ]);
}

/** The example of a code; only a mismatch of keys has a second status (a token's `call_id` reused is 409). */
function refusalOf(code: RefusalCode, status: number): Refusal {
  const example: Refusal = { refused: true, code, ...PROBLEM_EXAMPLES[code] };
  return status === statusOf(code) ? example : { ...example, facts: { status } };
}

interface ProblemResponse {
  description: string;
  headers?: Record<string, { description: string; schema: { type: 'string' | 'integer' } }>;
  content: Record<string, { schema: { $ref: string }; examples: Record<string, { value: unknown }> }>;
}

function response(codes: readonly RefusalCode[], status: number): ProblemResponse {
  const examples = Object.fromEntries(
    codes.map((code) => {
      const { body } = presentProblem(refusalOf(code, status));
      return [code, { summary: String(body['title']), value: body }];
    }),
  );
  const waits = codes.some((code) => PROBLEM_EXAMPLES[code].retryAfterSeconds !== undefined);
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    ...(waits
      ? { headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' as const } } } }
      : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
  };
}

/** A response that is one of these classes, by who asks. */
export function oneOf(...answers: Type[]): { oneOf: { $ref: string }[] } {
  return { oneOf: answers.map((answer) => ({ $ref: getSchemaPath(answer) })) };
}

/** What each filter of a page means. */
const FILTERS: Readonly<Record<string, string>> = {
  agent: 'Id of the agent.',
  resource: 'Id of the resource, byte for byte.',
  action: 'One granted action.',
  status: 'How the grant stands now.',
  approver: 'Id of a person who approved.',
  from: 'From this instant on (inclusive).',
  to: 'Before this instant (exclusive).',
  type: 'One event type, for example `grant.activated`.',
  escalation: 'Id of the escalation.',
  grant: 'Id of the grant.',
  actor: 'Id of who did it.',
};

/** Filters that take no other value than these. */
const CLOSED: Readonly<Record<string, { readonly enum: string[] }>> = {
  status: { enum: [...GRANT_STATES] },
  type: { enum: [...EVENT_TYPES] },
};

/** Documents the query of a page: its filters, `limit` and `cursor`. */
export function Filters(...names: string[]): MethodDecorator {
  const time = { type: 'string', format: 'date-time' };
  return applyDecorators(
    ...names.map((name) =>
      ApiQuery({
        name,
        required: false,
        description: FILTERS[name] ?? name,
        schema: /^(from|to)$/.test(name) ? time : { type: 'string', ...CLOSED[name] },
      }),
    ),
    ApiQuery({
      name: 'limit',
      required: false,
      description: 'How many items a page holds.',
      schema: { type: 'integer', minimum: 1, maximum: LIMITS.pageSizeMax, default: LIMITS.pageSizeDefault },
    }),
    ApiQuery({
      name: 'cursor',
      required: false,
      description: '`next_cursor` of the page before.',
      schema: { type: 'string' },
    }),
  );
}
