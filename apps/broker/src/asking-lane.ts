import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { refuse, RefusalError } from '#domain/refusal.js';

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

/** Who waits at the door, as far as its end can be heard. */
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

/** A narrow door: so many inside at once, the others wait for their turn, but not for ever. */
export class Lane {
  private inside = 0;
  private readonly waiting = new Set<() => void>();
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
   * @param caller whoever hangs up waits no longer
   */
  enter(caller?: Caller): Promise<boolean> {
    if (this.inside < this.atOnce) {
      this.inside += 1;
      return Promise.resolve(true);
    }
    if (caller?.destroyed === true || this.store?.silent === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (room: boolean): void => {
        clearTimeout(timer);
        caller?.off('close', giveUp);
        this.waiting.delete(called);
        this.turnedAway.delete(giveUp);
        resolve(room);
      };
      const called = (): void => settle(true);
      const giveUp = (): void => settle(false);
      const timer = setTimeout(giveUp, this.waitMs);
      caller?.once('close', giveUp);
      this.waiting.add(called);
      this.turnedAway.add(giveUp);
    });
  }

  /** Gives the room to whoever has waited longest. */
  leave(): void {
    const [next] = this.waiting;
    if (next === undefined) this.inside -= 1;
    else next();
  }
}

/**
 * Lets agents take no more than a part of the process's connections, however many call at once and whatever they wait for.
 * Who finds no room in time is told to come again. It stands around the handler alone, behind body and guards: strangers
 * take no room by sending slowly, and room comes back when the work ends, whether or not anybody hears of it.
 */
export class AskingLanes implements NestInterceptor {
  private readonly lanes: ReadonlyMap<string, Lane>;

  /** @param store while it is silent nobody waits for room */
  constructor(waitMs = WAIT_MS, store?: Standstill) {
    this.lanes = lanesOf(waitMs, store);
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const lane = request.method === 'POST' ? this.lanes.get(request.routeOptions.url ?? '') : undefined;
    if (lane === undefined) return next.handle();
    if (!(await lane.enter(request.raw.socket)))
      throw new RefusalError(refuse('unavailable', 'Too many call at once.', { retryAfterSeconds: 1 }));
    return next.handle().pipe(finalize(() => lane.leave()));
  }
}

function lanesOf(waitMs: number, store: Standstill | undefined): ReadonlyMap<string, Lane> {
  return new Map(
    AGENTS.flatMap(({ routes, atOnce }) => {
      const lane = new Lane(atOnce, waitMs, store);
      return routes.map((route) => [route, lane] as const);
    }),
  );
}
