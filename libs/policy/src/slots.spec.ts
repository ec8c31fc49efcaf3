import { describe, expect, it } from '@jest/globals';
import { SlotPool } from './slots.js';

function aPool(slots: number, weightMax: number): { pool: SlotPool<string>; puts: string[] } {
  const puts: string[] = [];
  const pool = new SlotPool<string>({
    prefix: 's',
    slots,
    weightMax,
    put: (slot, content) => puts.push(`${slot}=${content}`),
    empty: '',
  });
  return { pool, puts };
}

describe('a slot pool', () => {
  it('fills a slot once for one key', () => {
    const { pool, puts } = aPool(2, 10);
    expect(pool.slotOf('a', 1, () => 'A')).toBe(pool.slotOf('a', 1, () => 'A'));
    expect(puts).toHaveLength(1);
  });

  it('never uses more names than it has, and gives up the least recently used', () => {
    const { pool, puts } = aPool(2, 10);
    for (const key of ['a', 'b', 'a', 'c', 'a']) pool.slotOf(key, 1, () => key);
    expect(new Set(puts.map((put) => put.split('=')[0])).size).toBe(2);
    expect(puts.filter((put) => put.endsWith('=a'))).toHaveLength(1);
    pool.slotOf('b', 1, () => 'b');
    expect(puts.filter((put) => put.endsWith('=b'))).toHaveLength(2);
  });

  it('empties slots when the total grows too heavy', () => {
    const { pool, puts } = aPool(4, 10);
    for (const key of ['a', 'b', 'c']) pool.slotOf(key, 4, () => key);
    expect(puts.filter((put) => put.endsWith('='))).toHaveLength(1);
  });

  it('still serves content heavier than all it may hold', () => {
    const { pool } = aPool(4, 10);
    expect(pool.slotOf('huge', 99, () => 'huge')).toMatch(/^s\d$/);
  });

  it('keeps its names when content cannot be put', () => {
    const pool = new SlotPool<string>({
      prefix: 's',
      slots: 1,
      weightMax: 9,
      put: (_, content) => {
        if (content === 'bad') throw new Error('no');
      },
      empty: '',
    });
    expect(() => pool.slotOf('bad', 1, () => 'bad')).toThrow('no');
    expect(pool.slotOf('good', 1, () => 'good')).toBe('s0');
  });
});
