import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { untilTrue } from '#delivery/testing/until-true.js';
import { OutboxSignal } from '../connection/outbox-signal.js';
import { Announcements } from './announcements.js';

/** A pool of which every query waits until it is answered. */
class SlowPool {
  readonly told: string[] = [];
  private readonly answers: ((error?: Error) => void)[] = [];

  query({ values }: { values: string[] }): Promise<unknown> {
    this.told.push(values[0] as string);
    return new Promise((resolve, reject) =>
      this.answers.push((error) => (error === undefined ? resolve({}) : reject(error))),
    );
  }

  async answer(error?: Error): Promise<void> {
    this.answers.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function telling(relay = new OutboxSignal()) {
  const pool = new SlowPool();
  return { pool, announcements: new Announcements(pool as unknown as pg.Pool, relay) };
}

describe('what a commit tells other processes', () => {
  it('is one message at a time, and what commits meanwhile goes together with the next', async () => {
    const { pool, announcements } = telling();
    announcements.tell(['esc_1'], true);
    announcements.tell(['esc_2'], true);
    announcements.tell(['esc_3', 'esc_2'], false);
    expect(pool.told).toEqual(['outbox,esc_1']);
    await pool.answer();
    expect(pool.told).toEqual(['outbox,esc_1', 'outbox,esc_2,esc_3']);
    await pool.answer();
    expect(pool.told).toHaveLength(2);
  });

  it('takes a breath between changes alone, and none before work for a relay', async () => {
    const { pool, announcements } = telling();
    announcements.tell(['esc_1'], false);
    await pool.answer();
    announcements.tell(['esc_2'], false);
    expect(pool.told).toEqual(['esc_1']);
    announcements.tell([], true);
    expect(pool.told).toEqual(['esc_1', 'outbox,esc_2']);
    await pool.answer();
    announcements.tell(['esc_3'], false);
    expect(pool.told).toHaveLength(2);
    await untilTrue(() => pool.told.length === 3);
    expect(pool.told[2]).toBe('esc_3');
  });

  it('says nothing of the outbox where a relay of this process was woken, and nothing at all of nothing', async () => {
    const relay = new OutboxSignal();
    await relay.wait(0);
    const { pool, announcements } = telling(relay);
    announcements.tell([], true);
    expect(pool.told).toEqual([]);
    announcements.tell(['esc_1'], true);
    expect(pool.told).toEqual(['esc_1']);
  });

  it('is lost with the connection, and the next is told all the same', async () => {
    const { pool, announcements } = telling();
    announcements.tell(['esc_1'], true);
    await pool.answer(new Error('Connection terminated'));
    announcements.tell(['esc_2'], true);
    expect(pool.told).toEqual(['outbox,esc_1', 'outbox,esc_2']);
  });
});
