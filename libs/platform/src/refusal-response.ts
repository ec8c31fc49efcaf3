import type { FastifyReply } from 'fastify';
import { presentProblem } from '#contracts/problem-types.js';
import type { Refusal } from '#domain/refusal.js';

/** Writes a refusal as problem details (RFC 9457) and ends the reply. */
export function sendProblem(reply: FastifyReply, refusal: Refusal): void {
  const problem = presentProblem(refusal);
  if (problem.retryAfterSeconds !== null) void reply.header('Retry-After', String(problem.retryAfterSeconds));
  if (problem.body['code'] === 'unauthenticated') void reply.header('WWW-Authenticate', 'Bearer realm="writ"');
  void reply
    .status(problem.status)
    .header('Cache-Control', 'no-store')
    .header('Content-Type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem.body));
}
