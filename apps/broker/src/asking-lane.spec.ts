import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { until } from '../../../test/harness/until.js';
import { keepRoomForDeciding, Lane } from './asking-lane.js';

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

  it('forgets nobody who left', async () => {
    const lane = new Lane(1, 10);
    for (let n = 0; n < 3; n += 1) {
      expect(await lane.enter()).toBe(true);
      lane.leave();
    }
  });
});

describe('what agents write', () => {
  const ASKS = ['/v1/escalations', '/v1/escalations/evaluate', '/oauth/token'];
  const ENDS = ['/v1/escalations/:id/cancel', '/v1/grants/:id/complete', '/oauth/revoke'];
  const SIGNS = ['/v1/grants/:id/heartbeat'];
  const OTHERS = ['/v1/escalations/:id/decisions', '/v1/grants/:id/revoke', '/oauth/introspect'];
  /** As many as a process has connections. */
  const CONNECTIONS = 20;

  let app: FastifyInstance;
  let inside: string[];
  let finish: () => void;

  beforeEach(async () => {
    inside = [];
    app = fastify({ forceCloseConnections: true });
    const held = new Promise<void>((resolve) => (finish = resolve));
    for (const route of [...ASKS, ...ENDS, ...SIGNS])
      app.post(route, async () => {
        inside.push(route);
        await held;
        return {};
      });
    for (const route of OTHERS) app.post(route, async () => ({}));
  });
  afterEach(async () => {
    finish();
    await app.close();
  });

  const post = async (route: string): Promise<number> => {
    const { port } = app.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${route.replace(':id', 'x')}`, { method: 'POST' });
    await response.arrayBuffer();
    return response.status;
  };
  const crowd = (routes: readonly string[]): Promise<number>[] =>
    routes.flatMap((route) => Array.from({ length: CONNECTIONS }, () => post(route)));
  const among = (routes: readonly string[]): number => inside.filter((route) => routes.includes(route)).length;

  it('leaves room for people and verifiers, whatever agents call and however often', async () => {
    keepRoomForDeciding(app, 60_000);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const calls = crowd([...ASKS, ...ENDS, ...SIGNS]);
    await until('each kind waits', () => [ASKS, ENDS, SIGNS].every((kind) => among(kind) >= 2));
    for (let turn = 0; turn < CONNECTIONS; turn += 1) for (const route of OTHERS) expect(await post(route)).toBe(200);
    expect(inside.length).toBeLessThanOrEqual(CONNECTIONS - 4);
    finish();
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
  });

  it.each([
    ['asks', ASKS],
    ['signs of life', SIGNS],
  ])('ends what is held however many %s there are', async (_what, routes) => {
    keepRoomForDeciding(app, 60_000);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const calls = crowd(routes);
    await until('they wait', () => among(routes) >= 2);
    const ends = ENDS.map(post);
    await until('the ends are served', () => among(ENDS) === ENDS.length);
    finish();
    expect(new Set(await Promise.all([...calls, ...ends]))).toEqual(new Set([200]));
  });
});
