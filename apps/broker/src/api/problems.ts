import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { PROBLEM_CODES, presentProblem, statusOf } from '#contracts/problem-types.js';

/** Documents the problems that a route may answer: for each status its codes, with one example a code. */
export function Problems(...statuses: number[]): MethodDecorator {
  return applyDecorators(
    ...[...statuses, 503].map((status) => {
      const codes = PROBLEM_CODES.filter((code) => statusOf(code) === status);
      const examples = Object.fromEntries(
        codes.map((code) => [code, { value: presentProblem({ refused: true, code, detail: 'One sentence for people.' }).body }]),
      );
      return ApiResponse({
        status,
        description: codes.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
      });
    }),
  );
}
