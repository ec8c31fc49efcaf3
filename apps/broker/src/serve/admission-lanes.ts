import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { refuse, RefusalError } from '#domain/refusal.js';
import { networkOf } from '#identity/agents/network-of.js';
import type { PrincipalRequest } from '#platform/http/principal.js';
import { routeName } from './budgets.js';

interface LimitedRoutes {
  readonly routes: readonly string[];
  /** How many are served at once. */
  readonly atOnce: number;
}

/**
 * What is served in turns, and how much of it at once. What agents and strangers call is together less than a process has
 * connections: the others stay free for those who decide, revoke and verify. What asks keeps nobody from ending what is
 * held, and signs of life keep from neither. A crowd that decides about one agent leaves room for the others. Verifiers may use what there is, but none of them for all.
 */
const LANES: readonly LimitedRoutes[] = [
  { routes: ['POST /v1/escalations', 'POST /v1/escalations/evaluate', 'POST /oauth/token'], atOnce: 10 },
  { routes: ['POST /v1/escalations/:id/cancel', 'POST /v1/grants/:id/complete', 'POST /oauth/revoke'], atOnce: 3 },
  // Decisions about one agent wait for each other in the database, and each that waits there holds a connection.
  { routes: ['POST /v1/escalations/:id/decisions'], atOnce: 6 },
  { routes: ['POST /v1/grants/:id/heartbeat'], atOnce: 2 },
  { routes: ['POST /v1/tokens/consume', 'POST /oauth/introspect'], atOnce: 16 },
  { routes: ['POST /v1/sessions', 'GET /status', 'GET /status/:list'], atOnce: 2 },
  // Most of it is waiting for the organisation's provider, which holds no connection.
  { routes: ['GET /auth/callback'], atOnce: 4 },
];
/** Callers there are authenticated by the route itself: they take room only once it is known who they are. */
const AFTER_PROOF: ReadonlySet<string> = new Set(['POST /oauth/token', 'POST /oauth/revoke', 'POST /oauth/introspect']);
/** Less than callers wait. */
const WAIT_MS = 10_000;

/** The connection of a caller that waits for room: whether it has ended, and when it does. */
interface Caller {
  readonly destroyed: boolean;
  once(event: 'close', heard: () => void): unknown;
  off(event: 'close', heard: () => void): unknown;
}

/** What tells that nobody inside gets on, so that nobody waits at the door either. */
interface Standstill {
  readonly silent: boolean;
  onSilence(heard: () => void): unknown;
}

/** A narrow door: so many inside at once, the others wait for their turn, but not for ever. Each caller has every turn in turn. */
export class Lane {
  private inside = 0;
  /** In the order of their next turns. */
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly turnedAway = new Set<() => void>();

  constructor(
    private readonly atOnce: number,
    private readonly waitMs: number,
    private readonly store?: Standstill,
  ) {
    store?.onSilence(() => [...this.turnedAway].forEach((turnAway) => turnAway()));
  }

  /**
   * True once there is room, which the caller must `leave`; false when there was none in time.
   * @param who whoever is behind several calls has one turn at a time
   * @param caller whoever hangs up waits no longer
   */
  enter(who = '', caller?: Caller): Promise<boolean> {
    if (this.inside < this.atOnce) {
      this.inside += 1;
      return Promise.resolve(true);
    }
    if (caller?.destroyed === true || this.store?.silent === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (room: boolean): void => {
        clearTimeout(timer);
        caller?.off('close', giveUp);
        this.forget(who, called);
        this.turnedAway.delete(giveUp);
        resolve(room);
      };
      const called = (): void => settle(true);
      const giveUp = (): void => settle(false);
      const timer = setTimeout(giveUp, this.waitMs);
      caller?.once('close', giveUp);
      this.waiting.set(who, (this.waiting.get(who) ?? new Set()).add(called));
      this.turnedAway.add(giveUp);
    });
  }

  /** Gives the room to whose turn it is, and of theirs to the one that has waited longest. */
  leave(): void {
    const [turn] = this.waiting;
    if (turn === undefined) {
      this.inside -= 1;
      return;
    }
    const [who, calls] = turn;
    this.waiting.delete(who);
    if (calls.size > 1) this.waiting.set(who, calls);
    const [next] = calls;
    next?.();
  }

  private forget(who: string, called: () => void): void {
    const calls = this.waiting.get(who);
    calls?.delete(called);
    if (calls?.size === 0) this.waiting.delete(who);
  }
}

/**
 * Lets agents and strangers take no more than a part of the process's connections, however many call at once and whatever
 * they wait for. A caller that finds no room in time is told to come again. The limit stands around the handler alone, behind body and
 * guards: strangers take no room by sending slowly, and room comes back when the work ends, whether or not anybody hears of it.
 */
export class ConcurrencyLimiter implements NestInterceptor {
  private readonly lanes: ReadonlyMap<string, Lane>;

  /** @param store while it is silent nobody waits for room */
  constructor(waitMs = WAIT_MS, store?: Standstill) {
    this.lanes = lanesOf(waitMs, store);
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<PrincipalRequest>();
    const route = routeOf(request);
    const lane = AFTER_PROOF.has(route) ? undefined : this.lanes.get(route);
    if (lane === undefined) return next.handle();
    const { principal } = request;
    const who = principal === undefined ? networkOf(request.ip) : `${principal.kind}:${principal.id}`;
    await admit(lane, who, request);
    return next.handle().pipe(finalize(() => lane.leave()));
  }

  /** Does the work of a caller whom the route has authenticated, when it is their turn. */
  async within<T>(request: FastifyRequest, who: string, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(routeOf(request));
    if (lane === undefined) return work();
    await admit(lane, who, request);
    return work().finally(() => lane.leave());
  }
}

function routeOf(request: FastifyRequest): string {
  return routeName(request.method, request.routeOptions.url ?? '');
}

async function admit(lane: Lane, who: string, request: FastifyRequest): Promise<void> {
  if (!(await lane.enter(who, request.raw.socket)))
    throw new RefusalError(refuse('unavailable', 'Too many call at once.', { retryAfterSeconds: 1 }));
}

function lanesOf(waitMs: number, store: Standstill | undefined): ReadonlyMap<string, Lane> {
  return new Map(
    LANES.flatMap(({ routes, atOnce }) => {
      const lane = new Lane(atOnce, waitMs, store);
      return routes.map((route) => [route, lane] as const);
    }),
  );
}

/** The routes that have turns. */
export const ROUTES_WITH_TURNS: readonly string[] = LANES.flatMap(({ routes }) => routes);
