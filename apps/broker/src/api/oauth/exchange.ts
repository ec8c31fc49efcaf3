import { Logger, type RawBodyRequest } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OAuthAnswer } from '#oauth/answer.js';
import type { AuthenticatesClients } from '#oauth/caller.js';
import type { FormRequest } from '#oauth/form.js';
import { readIdempotencyKey } from '#platform/http/idempotency-key.js';
import type { ConcurrencyLimiter } from '../../serve/admission-lanes.js';

export type OAuthRequest = RawBodyRequest<FastifyRequest>;

const log = new Logger('oauth');

/** The raw bytes and the headers that count; what Fastify made of the body would hide which parameters were repeated. */
export function formRequestOf(request: OAuthRequest): FormRequest {
  return {
    contentType: request.headers['content-type'],
    body: request.rawBody,
    authorization: request.headers.authorization,
    peer: request.ip,
    handedOn: request.headers['writ-parent-token'] !== undefined,
    redeemKey: readIdempotencyKey(request.headers['idempotency-key']),
  };
}

/** Turns for who is authenticated, counted on the route that they called. */
export function turnsOf(lanes: ConcurrencyLimiter, request: OAuthRequest): AuthenticatesClients['admit'] {
  return ({ kind, id }, work) => lanes.within(request, `${kind}:${id}`, work);
}

/** Sets status and headers and returns the body to send; `undefined` is sent empty. */
export function writeAnswer(reply: FastifyReply, answer: OAuthAnswer): OAuthAnswer['body'] | undefined {
  if (answer.logged !== undefined) log.warn(`${answer.status}: ${answer.logged}`);
  reply.status(answer.status).headers(answer.headers);
  return answer.body ?? undefined;
}
