import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '#domain/refusal.js';
import { sendProblem } from '#platform/refusal-response.js';
import { OAuthDialect } from './api/oauth/oauth-dialect.js';

/** What agents call to get authority. Everything else (decisions, revocations, introspection) ends it or asks after it. */
const ASKING: ReadonlySet<string> = new Set(['/v1/escalations', '/v1/escalations/evaluate', '/oauth/token']);
/** Fewer than a process has connections: the others stay free for those who decide, revoke and verify. */
const AT_ONCE = 12;
/** Less than callers wait. */
const WAIT_MS = 10_000;
const oauth = new OAuthDialect();

/** A narrow door: so many inside at once, the others wait for their turn, but not for ever. */
export class Lane {
  private inside = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly atOnce: number,
    private readonly waitMs: number,
  ) {}

  /** True once there is room, which the caller must `leave`; false when there was none in time. */
  enter(): Promise<boolean> {
    if (this.inside < this.atOnce) {
      this.inside += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const called = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(called);
        resolve(false);
      }, this.waitMs);
      this.waiting.add(called);
    });
  }

  /** Gives the room to whoever has waited longest. */
  leave(): void {
    const [next] = this.waiting;
    if (next === undefined) this.inside -= 1;
    else {
      this.waiting.delete(next);
      next();
    }
  }
}

/**
 * Lets agents take no more than a part of the process's connections, however many ask at once and whatever they wait for.
 * Who finds no room in time is told to come again.
 */
export function keepRoomForDeciding(fastify: FastifyInstance, lane = new Lane(AT_ONCE, WAIT_MS)): void {
  const inside = new WeakSet<FastifyRequest>();
  const gone = new WeakSet<FastifyRequest>();
  const leave = (request: FastifyRequest): void => {
    if (inside.delete(request)) lane.leave();
  };
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.method !== 'POST' || !ASKING.has(request.routeOptions.url ?? '')) return;
    if (!(await lane.enter())) return void refuseEntry(request, reply);
    inside.add(request);
    // Whoever hung up while it waited will not be answered, so nothing else would give its room back.
    if (gone.has(request)) leave(request);
  });
  fastify.addHook('onRequestAbort', async (request: FastifyRequest) => {
    gone.add(request);
    leave(request);
  });
  fastify.addHook('onResponse', async (request: FastifyRequest) => leave(request));
}

function refuseEntry(request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refuse('unavailable', 'Too many ask at once.', { retryAfterSeconds: 1 });
  if (!oauth.speaks(request.method, request.url)) return sendProblem(reply, refusal);
  const { status, headers, body } = oauth.answer(refusal, '');
  void reply.status(status).headers(headers).send(body);
}
