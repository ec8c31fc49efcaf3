import { EventEmitter } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, HttpCode, Module, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '#domain/refusal.js';
import { JsonLog } from '#platform/observe/log.js';
import { ProblemFilter } from '#platform/http/problem.filter.js';
import { until } from '../../../../test/harness/judges/until.js';
import { OAuthDialect } from './oauth-dialect.js';
import { ConcurrencyLimiter, Lane } from './admission-lanes.js';
import { createAdapter } from './http-server.js';

describe('a narrow door', () => {
  it('lets in as many as there is room for, and the others in the order in which they came', async () => {
    const lane = new Lane(2, 60_000);
    const seen: number[] = [];
    expect(await Promise.all([lane.enter(), lane.enter()])).toEqual([true, true]);
    const waiting = [1, 2, 3].map((n) => lane.enter().then(() => seen.push(n)));
    expect(seen).toEqual([]);
    lane.leave();
    await waiting[0];
    expect(seen).toEqual([1]);
    lane.leave();
    lane.leave();
    await Promise.all(waiting);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('turns away who has waited too long, and has room again for the next', async () => {
    const lane = new Lane(1, 10);
    await lane.enter();
    expect(await lane.enter()).toBe(false);
    lane.leave();
    expect(await lane.enter()).toBe(true);
  });

  it('gives each caller a turn in turn, however many calls of one wait', async () => {
    const lane = new Lane(1, 60_000);
    await lane.enter('loud');
    const seen: string[] = [];
    const calls = ['loud', 'loud', 'loud', 'shy', 'late', 'shy'].map((who) =>
      lane.enter(who).then(() => seen.push(who)),
    );
    for (const _call of calls) {
      lane.leave();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen).toEqual(['loud', 'shy', 'late', 'loud', 'shy', 'loud']);
  });

  it('forgets nobody who left', async () => {
    const lane = new Lane(1, 10);
    for (let n = 0; n < 3; n += 1) {
      expect(await lane.enter()).toBe(true);
      lane.leave();
    }
  });

  it('lets nobody wait who has hung up, and calls them no more', async () => {
    const lane = new Lane(1, 60_000);
    const gone = Object.assign(new EventEmitter(), { destroyed: false });
    await lane.enter('agent', gone);
    const waits = lane.enter('agent', gone);
    gone.emit('close');
    expect(await waits).toBe(false);
    expect(gone.listenerCount('close')).toBe(0);
    lane.leave();
    expect(await lane.enter()).toBe(true);
    gone.destroyed = true;
    expect(await lane.enter('agent', gone)).toBe(false);
  });
});

const ASKS = ['/v1/escalations', '/v1/escalations/evaluate', '/oauth/token'];
const ENDS = ['/v1/escalations/:id/cancel', '/v1/grants/:id/complete', '/oauth/revoke'];
const SIGNS = ['/v1/grants/:id/heartbeat'];
const OTHERS = ['/v1/escalations/:id/decisions', '/v1/grants/:id/revoke', '/oauth/introspect'];
/** As many as a process has connections. */
const CONNECTIONS = 20;
const ASKS_AT_ONCE = 10;

let inside: string[];
let work: () => Promise<object>;
/** What is done for those whom agents never hold up; by the route. */
let others: (route: string) => Promise<object>;
let lanes: ConcurrencyLimiter;
/** Until it ends, nobody at the endpoints of OAuth is known. */
let proving: Promise<void>;

@Controller()
class Desk {
  @Post([...ASKS, ...ENDS, ...SIGNS].filter((route) => !route.startsWith('/oauth')))
  @HttpCode(200)
  held(@Req() request: FastifyRequest): Promise<object> {
    inside.push(request.routeOptions.url ?? '');
    return work();
  }

  /** As the endpoints of OAuth do: proved first, then in turn. */
  @Post([...ASKS, ...ENDS].filter((route) => route.startsWith('/oauth')))
  @HttpCode(200)
  async proved(@Req() request: FastifyRequest): Promise<object> {
    await proving;
    return lanes.within(request, 'agent:x', () => this.held(request));
  }

  @Post(OTHERS)
  @HttpCode(200)
  other(@Req() request: FastifyRequest): Promise<object> {
    return others(request.routeOptions.url ?? '');
  }
}

@Module({ controllers: [Desk] })
class DeskOnly {}

describe('what agents write', () => {
  let app: NestFastifyApplication;
  let heads: number;
  let sockets: Socket[];
  let finish: () => void;

  beforeEach(() => {
    [inside, heads, sockets, proving] = [[], 0, [], Promise.resolve()];
    const held = new Promise<object>((resolve) => (finish = () => resolve({})));
    work = () => held;
    others = async () => ({});
  });
  afterEach(async () => {
    finish();
    sockets.forEach((socket) => socket.destroy());
    await app.close();
  });

  const listen = async (waitMs = 60_000): Promise<void> => {
    app = await NestFactory.create<NestFastifyApplication>(DeskOnly, createAdapter([]), { logger: false });
    lanes = new ConcurrencyLimiter(waitMs);
    app.useGlobalInterceptors(lanes);
    app.useGlobalFilters(new ProblemFilter(new JsonLog('error'), { isOutage: () => false }, new OAuthDialect()));
    await app.listen(0, '127.0.0.1');
    app.getHttpServer().on('request', () => (heads += 1));
  };
  const portOf = (): number => (app.getHttpServer().address() as AddressInfo).port;
  const call = async (route: string): Promise<Response> => {
    const response = await fetch(`http://127.0.0.1:${portOf()}${route.replace(':id', 'x')}`, { method: 'POST' });
    await response.clone().arrayBuffer();
    return response;
  };
  const post = async (route: string): Promise<number> => (await call(route)).status;
  const crowd = (routes: readonly string[]): Promise<number>[] =>
    routes.flatMap((route) => Array.from({ length: CONNECTIONS }, () => post(route)));
  const among = (routes: readonly string[]): number => inside.filter((route) => routes.includes(route)).length;
  /** Calls that announce a body of two bytes, and send `body`. */
  const strangers = (count: number, body: string): void => {
    for (let n = 0; n < count; n += 1) {
      const type = 'Content-Type: application/json';
      const socket = connect(portOf(), '127.0.0.1', () =>
        socket.write(`POST /oauth/token HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 2\r\n\r\n${body}`),
      );
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
  };
  const connections = (): Promise<number> =>
    new Promise((resolve) => app.getHttpServer().getConnections((_error: unknown, count: number) => resolve(count)));
  const hangUp = async (): Promise<void> => {
    sockets.forEach((socket, n) => (n % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()));
    await until('the broker has heard it', async () => (await connections()) === 0);
  };

  it('leaves room for people and verifiers, whatever agents call and however often', async () => {
    await listen();
    const calls = crowd([...ASKS, ...ENDS, ...SIGNS]);
    await until('each kind waits', () => [ASKS, ENDS, SIGNS].every((kind) => among(kind) >= 2));
    for (let turn = 0; turn < CONNECTIONS; turn += 1) for (const route of OTHERS) expect(await post(route)).toBe(200);
    expect(inside.length).toBeLessThanOrEqual(CONNECTIONS - 4);
    finish();
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
  });

  it('leaves room for those who revoke and verify, however many decide about one agent', async () => {
    await listen();
    const [decide = ''] = OTHERS;
    let deciding = 0;
    others = (route) => {
      if (route !== decide) return Promise.resolve({});
      deciding += 1;
      return work();
    };
    const decisions = crowd([decide]);
    await until('some decide', () => deciding >= 2);
    for (const route of OTHERS.slice(1)) expect(await post(route)).toBe(200);
    expect(deciding).toBeLessThanOrEqual(CONNECTIONS / 2);
    finish();
    expect(new Set(await Promise.all(decisions))).toEqual(new Set([200]));
  });

  it.each([
    ['asks', ASKS],
    ['signs of life', SIGNS],
  ])('ends what is held however many %s there are', async (_what, routes) => {
    await listen();
    const calls = crowd(routes);
    await until('they wait', () => among(routes) >= 2);
    const ends = ENDS.map(post);
    await until('the ends are served', () => among(ENDS) === ENDS.length);
    finish();
    expect(new Set(await Promise.all([...calls, ...ends]))).toEqual(new Set([200]));
  });

  it('has room again when those who asked have hung up before their answer', async () => {
    await listen(10_000);
    strangers(ASKS_AT_ONCE, '{}');
    await until('all are served', () => among(ASKS) === ASKS_AT_ONCE);
    await hangUp();
    finish();
    expect(await Promise.all(ASKS.map(post))).toEqual([200, 200, 200]);
  });

  it('does nothing for those who have hung up before their turn', async () => {
    await listen();
    strangers(ASKS_AT_ONCE + 5, '{}');
    await until('all have called', () => heads === ASKS_AT_ONCE + 5 && among(ASKS) === ASKS_AT_ONCE);
    await hangUp();
    finish();
    expect(await post('/oauth/token')).toBe(200);
    expect(among(ASKS)).toBe(ASKS_AT_ONCE + 1);
  });

  it('keeps no room for bodies that do not come', async () => {
    await listen(1_000);
    finish();
    strangers(CONNECTIONS, '{');
    await until('all have called', () => heads === CONNECTIONS);
    expect(await Promise.all(ASKS.map(post))).toEqual([200, 200, 200]);
  });

  it('keeps no room for strangers who are yet to prove who they are', async () => {
    await listen(1_000);
    let proved: () => void = () => undefined;
    proving = new Promise((resolve) => (proved = resolve));
    strangers(CONNECTIONS, '{}');
    await until('all have called', () => heads === CONNECTIONS);
    finish();
    expect(await post('/v1/escalations')).toBe(200);
    proved();
  });

  it('has room again after calls that failed', async () => {
    await listen(1_000);
    work = () => Promise.reject(new RefusalError(refuse('not_found', 'There is nothing here.')));
    for (let n = 0; n <= ASKS_AT_ONCE; n += 1) expect(await post('/v1/escalations')).toBe(404);
    finish();
    work = async () => ({});
    expect(await post('/oauth/token')).toBe(200);
  });

  it('tells who finds no room in time to come again, in the words of the surface', async () => {
    await listen(10);
    strangers(ASKS_AT_ONCE, '{}');
    await until('all are served', () => among(ASKS) === ASKS_AT_ONCE);
    const [api, oauth] = [await call('/v1/escalations'), await call('/oauth/token')];
    expect([api, oauth].map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [503, '1'],
      [503, '1'],
    ]);
    expect(await api.json()).toHaveProperty('code', 'unavailable');
    expect(await oauth.json()).toHaveProperty('error', 'temporarily_unavailable');
  });
});
