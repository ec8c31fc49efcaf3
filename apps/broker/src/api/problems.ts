import { applyDecorators, type Type } from '@nestjs/common';
import { ApiQuery, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { LIMITS } from '#domain/limits.js';
import { PROBLEM_CODES, presentProblem, statusOf } from '#contracts/problem-types.js';

/** Documents the problems that a route may answer: for each status its codes, with one example a code. */
export function Problems(...statuses: number[]): MethodDecorator {
  return applyDecorators(
    ...[...statuses, 503].map((status) => {
      const codes = PROBLEM_CODES.filter((code) => statusOf(code) === status);
      const examples = Object.fromEntries(
        codes.map((code) => [
          code,
          { value: presentProblem({ refused: true, code, detail: 'One sentence for people.' }).body },
        ]),
      );
      return ApiResponse({
        status,
        description: codes.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
      });
    }),
  );
}

/** A response that is one of these classes, by who asks. */
export function oneOf(...answers: Type[]): { oneOf: { $ref: string }[] } {
  return { oneOf: answers.map((answer) => ({ $ref: getSchemaPath(answer) })) };
}

/** Documents the query of a page: its filters, `limit` and `cursor`. */
export function Filters(...names: string[]): MethodDecorator {
  const time = { type: 'string', format: 'date-time' };
  return applyDecorators(
    ...names.map((name) =>
      ApiQuery({ name, required: false, schema: /^(from|to)$/.test(name) ? time : { type: 'string' } }),
    ),
    ApiQuery({
      name: 'limit',
      required: false,
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
