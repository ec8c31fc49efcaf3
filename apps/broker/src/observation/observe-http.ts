import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '#platform/observe/metrics.js';
import { readTraceparent, writeTraceparent } from '#platform/observe/trace-context.js';
import type { Span, Tracer } from '#platform/observe/tracer.js';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and traces every request from the first byte of its head to the last of its answer. */
export function observeHttp(fastify: FastifyInstance, metrics: Metrics, tracer: Tracer): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const asked = readTraceparent(request.headers.traceparent);
    const span =
      isProbe(request) || asked?.sampled === false
        ? null
        : tracer.start({ name: 'request', kind: 'server', parent: asked });
    if (span === null) return done();
    spans.set(request, span);
    void reply.header('traceparent', writeTraceparent(span.context));
    tracer.within(span.context, done);
  });
  // The body arrives in events of the socket, which know nothing of the request's context.
  fastify.addHook('preValidation', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else tracer.within(span.context, done);
  });
  fastify.addHook('onRequestAbort', (request: FastifyRequest, done: () => void) => {
    spans.get(request)?.end({ 'writ.aborted': true }, true, nameOf(request));
    done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { method, route } = labelsOf(request);
    metrics.requests.inc({ method, route, status: String(reply.statusCode) });
    metrics.requestSeconds.observe({ method, route }, reply.elapsedTime / 1_000);
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': reply.statusCode,
    };
    spans.get(request)?.end(attributes, reply.statusCode >= 500, nameOf(request));
    done();
  });
}

function isProbe({ url }: FastifyRequest): boolean {
  return url === '/healthz' || url === '/readyz' || url === '/metrics';
}

/** The template of the route, never the path: ids in labels would have no bound. */
function labelsOf(request: FastifyRequest): { readonly method: string; readonly route: string } {
  return {
    method: METHODS.has(request.method) ? request.method : 'OTHER',
    route: request.is404 ? '(none)' : (request.routeOptions.url ?? '(none)'),
  };
}

function nameOf(request: FastifyRequest): string {
  const { method, route } = labelsOf(request);
  return `${method} ${route}`;
}
