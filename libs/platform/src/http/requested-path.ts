import type { FastifyRequest } from 'fastify';

/**
 * The path to judge a request by: its route's, since one path can be spelled in many ways (`/%761` is `/v1`). Where no
 * route was found, as it was spelled.
 */
export function pathOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? request.url;
}
