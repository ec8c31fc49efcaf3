import { describe, expect, it } from '@jest/globals';
import type { InboxItem } from '../../api/types.js';
import { after, allOf, updated, type ShownRows } from './shown-rows.js';

const item = (id: string, minute = 0): InboxItem =>
  ({ id, agent: 'bot', expires_at: `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z` }) as unknown as InboxItem;
const told = ({ rows, held }: ShownRows) => [rows.map(({ item: { id }, gone }) => (gone ? `(${id})` : id)), held];
const shown = allOf([item('a', 1), item('b', 2), item('c', 3)]).rows;

describe('an update that nobody asked for', () => {
  it('puts what is new behind the last row', () => {
    expect(told(updated(shown, [item('a', 1), item('b', 2), item('c', 3), item('d', 4)], false))).toEqual([
      ['a', 'b', 'c', 'd'],
      0,
    ]);
  });

  it('holds back what belongs between the rows, and says how much', () => {
    expect(told(updated(shown, [item('x', 0), item('a', 1), item('y', 1), item('b', 2), item('c', 3)], false))).toEqual(
      [['a', 'b', 'c'], 2],
    );
  });

  it('leaves what is gone in its place', () => {
    expect(told(updated(shown, [item('a', 1), item('c', 3)], false))).toEqual([['a', '(b)', 'c'], 0]);
    expect(told(updated(shown, [], false))).toEqual([['(a)', '(b)', '(c)'], 0]);
    expect(told(updated(updated(shown, [], false).rows, [item('d', 4)], false))).toEqual([
      ['(a)', '(b)', '(c)', 'd'],
      0,
    ]);
  });

  it('calls nothing gone that may stand on a page which was not read', () => {
    expect(told(updated(shown, [item('x', 0), item('a', 1), item('b', 2)], true))).toEqual([['a', 'b', 'c'], 1]);
    expect(told(updated(shown, [item('b', 2), item('c', 3)], true))).toEqual([['(a)', 'b', 'c'], 0]);
  });
});

describe('the request to go on with', () => {
  const all = (): boolean => true;

  it('is the next that still waits, and from the last one the nearest before it', () => {
    expect(after(shown, 'a', all)?.id).toBe('b');
    expect(after(shown, 'c', all)?.id).toBe('b');
    expect(after(updated(shown, [item('a', 1), item('c', 3)], false).rows, 'a', all)?.id).toBe('c');
  });

  it('is none when nothing is left, and never one that the same decision reached', () => {
    expect(after(allOf([item('a')]).rows, 'a', all)).toBeNull();
    expect(after(shown, 'a', ({ id }) => id === 'c')?.id).toBe('c');
  });
});
