import type { FastifyReply } from 'fastify';
import { presentProblem } from '#contracts/wire/problem-types.js';
import { LIMITS } from '#domain/limits.js';
import type { Refusal, RefusalCode } from '#domain/refusal.js';

/** Writes a refusal as problem details (RFC 9457) and ends the reply. */
export function sendProblem(reply: FastifyReply, refusal: Refusal): void {
  const problem = presentProblem(refusal);
  if (problem.retryAfterSeconds !== null) void reply.header('Retry-After', String(problem.retryAfterSeconds));
  const challenge = challengeOf(refusal.code);
  if (challenge !== null) void reply.header('WWW-Authenticate', challenge);
  void reply
    .status(problem.status)
    .header('Cache-Control', 'no-store')
    .header('Content-Type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem.body));
}

/** What a 401 asks for (RFC 6750 section 3); a passkey is asked for as RFC 9470 has it: resistant to phishing, and now. */
function challengeOf(code: RefusalCode): string | null {
  if (code === 'unauthenticated') return 'Bearer realm="writ"';
  if (code !== 'insufficient_user_authentication') return null;
  const description = 'A passkey must sign this decision';
  return `Bearer realm="writ", error="${code}", error_description="${description}", acr_values="phr", max_age="${LIMITS.stepUpSeconds}"`;
}
