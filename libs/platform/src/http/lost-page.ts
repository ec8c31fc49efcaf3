import type { FastifyRequest } from 'fastify';

/** What a person sees whose browser asked for an address that there is not. */
export abstract class LostPage {
  abstract readonly body: Buffer | string;
  abstract readonly headers: Readonly<Record<string, string>>;
}

/** True for a browser that opens an address without a route: it names HTML, which no client of the API does by itself. */
export function isLost(request: FastifyRequest): boolean {
  const wanted = (request.headers.accept ?? '').split(',').map((range) => range.trim().toLowerCase());
  const html = wanted.some((range) => /^text\/html(?:\s*;(?!.*\bq=0(?:\.0*)?\s*$).*)?$/.test(range));
  return request.is404 && (request.method === 'GET' || request.method === 'HEAD') && html;
}
