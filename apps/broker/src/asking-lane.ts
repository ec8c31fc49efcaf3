import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '#domain/refusal.js';
import { sendProblem } from '#platform/refusal-response.js';
import { OAuthDialect } from './api/oauth/oauth-dialect.js';

interface AgentRoutes {
  readonly routes: readonly string[];
  /** How many are served at once. */
  readonly atOnce: number;
}

/**
 * What agents write, and how much of it at once. Together fewer than a process has connections: the others stay free for
 * those who decide, revoke and verify. What asks keeps nobody from ending what is held, and signs of life keep from neither.
 */
const AGENTS: readonly AgentRoutes[] = [
  { routes: ['/v1/escalations', '/v1/escalations/evaluate', '/oauth/token'], atOnce: 10 },
  { routes: ['/v1/escalations/:id/cancel', '/v1/grants/:id/complete', '/oauth/revoke'], atOnce: 3 },
  { routes: ['/v1/grants/:id/heartbeat'], atOnce: 2 },
];
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
 * Lets agents take no more than a part of the process's connections, however many call at once and whatever they wait for.
 * Who finds no room in time is told to come again.
 */
export function keepRoomForDeciding(fastify: FastifyInstance, waitMs = WAIT_MS): void {
  const lanes = lanesOf(waitMs);
  const inside = new WeakMap<FastifyRequest, Lane>();
  const gone = new WeakSet<FastifyRequest>();
  const leave = (request: FastifyRequest): void => {
    const lane = inside.get(request);
    if (inside.delete(request)) lane?.leave();
  };
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const lane = request.method === 'POST' ? lanes.get(request.routeOptions.url ?? '') : undefined;
    if (lane === undefined) return;
    if (!(await lane.enter())) return void refuseEntry(request, reply);
    inside.set(request, lane);
    // Whoever hung up while it waited will not be answered, so nothing else would give its room back.
    if (gone.has(request)) leave(request);
  });
  fastify.addHook('onRequestAbort', async (request: FastifyRequest) => {
    gone.add(request);
    leave(request);
  });
  fastify.addHook('onResponse', async (request: FastifyRequest) => leave(request));
}

function lanesOf(waitMs: number): ReadonlyMap<string, Lane> {
  return new Map(
    AGENTS.flatMap(({ routes, atOnce }) => {
      const lane = new Lane(atOnce, waitMs);
      return routes.map((route) => [route, lane] as const);
    }),
  );
}

function refuseEntry(request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refuse('unavailable', 'Too many call at once.', { retryAfterSeconds: 1 });
  if (!oauth.speaks(request.url)) return sendProblem(reply, refusal);
  const { status, headers, body } = oauth.answer(refusal, '');
  void reply.status(status).headers(headers).send(body);
}
