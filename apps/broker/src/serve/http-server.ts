import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseStrictJson, StrictJsonError } from '#domain/strict-json.js';
import { LIMITS } from '#domain/limits.js';
import { refuse, RefusalError, type Refusal } from '#domain/refusal.js';
import { SESSION_COOKIE } from '#identity/people/session-cookie.js';
import { hostSpelling } from '#identity/people/web-origin.js';
import type { OutageJudge } from '#platform/http/problem.filter.js';
import { refusalOf } from '#platform/http/problem.filter.js';
import { sendProblem } from '#platform/http/refusal-response.js';
import { pathOf } from '#platform/http/requested-path.js';
import { isSlackType } from '#slack/receive/ingress.js';
import { OAuthDialect } from './oauth-dialect.js';

const NO_OUTAGES: OutageJudge = { isOutage: () => false };
const oauth = new OAuthDialect();

/** Fastify under Nest: its own errors (a malformed URL, a header too large) answer as problems too. */
export function createAdapter(trustedProxies: readonly string[]): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: LIMITS.bodyBytesMax,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendRefusal(
        request,
        reply,
        refusalOf(error, NO_OUTAGES) ?? refuse('invalid_request', 'The request cannot be read.'),
      ),
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 512 },
    forceCloseConnections: 'idle',
    // While it closes, whoever still has a connection is served on it, and told that it was the last time.
    return503OnClosing: false,
    // It bounds closing too, which waits for what is under way: start-broker.ts says for how long.
    pluginTimeout: 0,
    requestTimeout: 30_000,
  });
}

/** Strict JSON, the Host check and the headers that every answer carries. */
export function prepareHttp(app: NestFastifyApplication, isOurs: HostCheck): void {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  app.useBodyParser(
    'application/json',
    { bodyLimit: LIMITS.bodyBytesMax },
    (request: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void) => {
      // What claims to be Slack's is read only after its signature, from the raw bytes.
      if (body.length === 0 || request.routeOptions.url === '/slack/events') return done(null, undefined);
      try {
        done(null, parseStrictJson(decoder.decode(body)));
      } catch (error) {
        const fault =
          error instanceof StrictJsonError
            ? { pointer: error.pointer, rule: error.rule }
            : { pointer: '', rule: 'must be UTF-8' };
        done(
          Object.assign(
            new RefusalError(refuse('invalid_request', 'The body is not acceptable JSON.', { errors: [fault] })),
            { statusCode: 400 },
          ),
        );
      }
    },
  );
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    void reply.header('X-Content-Type-Options', 'nosniff').header('Referrer-Policy', 'no-referrer');
    const path = pathOf(request);
    if (path.startsWith('/v1') || path.startsWith('/oauth')) void reply.header('Cache-Control', 'no-store');
    const refusal = refusalBefore(request, isOurs);
    // Slack sends two types; whatever is of another cannot be Slack's, and is told no more than a forgery is.
    const forged = request.routeOptions.url === '/slack/events' && !isSlackType(request.headers['content-type']);
    if (refusal === null && forged) void reply.status(401).send();
    else if (refusal === null) done();
    else sendRefusal(request, reply, refusal);
  });
}

/** Answers where no filter is reached, in the words of the surface that was asked. */
function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
  if (!oauth.speaks(pathOf(request))) return sendProblem(reply, refusal);
  const { status, headers, body } = oauth.answer(refusal, '');
  void reply.status(status).headers(headers).send(body);
}

/** The refusal of a request before any route is asked; `null` when it may go on. */
function refusalBefore(request: FastifyRequest, isOurs: HostCheck): Refusal | null {
  const probe = ['/healthz', '/readyz', '/metrics'].includes(request.url);
  if (!probe && !isOurs(request.headers.host ?? '')) {
    return refuse('invalid_request', 'The Host header names another site.', {
      errors: [{ pointer: 'Host', rule: 'must be the issuer or the listen address' }],
    });
  }
  // PostgreSQL cannot hold U+0000, so nothing that is named with it exists.
  if (request.url.includes('%00')) return refuse('not_found', 'There is nothing here.');
  if (!wrongType(request)) return null;
  return speaksByCookie(request)
    ? refuse('csrf', 'Content-Type is not application/json.')
    : refuse('unsupported_media_type', 'Send application/json.');
}

/** `/v1` takes JSON and nothing else, also where a form would parse; beside a cookie even an empty body says so. */
function wrongType(request: FastifyRequest): boolean {
  const type = request.headers['content-type'];
  if (!pathOf(request).startsWith('/v1') || ['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false;
  return type === undefined ? speaksByCookie(request) : !/^application\/json\s*(;|$)/i.test(type);
}

/** A form of another site would carry the cookie: what it cannot do is send JSON, so this is the first thing to ask. */
function speaksByCookie({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined && (headers.cookie ?? '').includes(`${SESSION_COOKIE}=`);
}

/** Says whether a Host header means this broker. */
export type HostCheck = (header: string) => boolean;

/** Those that name the issuer, or an address that the broker listens on. */
export function acceptedHosts(issuer: string, listenHosts: readonly string[], port: number): HostCheck {
  const { host, protocol } = new URL(issuer);
  const scheme = protocol === 'http:' ? protocol : 'https:';
  const own = hostSpelling(host, scheme);
  const names = [
    'localhost',
    '127.0.0.1',
    '[::1]',
    ...listenHosts.map((name) => (name.includes(':') ? `[${name}]` : name)),
  ];
  // TLS ends before the broker: where it listens itself is plain HTTP.
  const local = new Set(names.map((name) => hostSpelling(`${name}:${port}`, 'http:')));
  return (header) => {
    const named = hostSpelling(header, scheme);
    return named !== null && (named === own || local.has(hostSpelling(header, 'http:')));
  };
}
