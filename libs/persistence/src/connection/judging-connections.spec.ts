import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Seals } from '#escalations/ports.js';
import { judgeOf, judgeOver } from './judging-connections.js';

const seals = (): Seals => ({}) as Seals;

it('the last judge named for a pool judges over its connections, and the pool has one listener however many were', () => {
  const pool = new EventEmitter() as unknown as pg.Pool;
  const connection = {} as pg.PoolClient;
  const last = seals();
  for (const judge of [seals(), seals(), last]) judgeOver(pool, judge);
  (pool as unknown as EventEmitter).emit('acquire', connection);
  expect([judgeOf(pool), judgeOf(connection)].map((judge) => judge === last)).toEqual([true, true]);
  expect(pool.listenerCount('acquire')).toBe(1);
});
