import { expect, it } from '@jest/globals';
import { MinuteBudget } from './minute-budget.js';

it('a budget is each caller’s own, and whole again with the next minute', () => {
  let now = 30_000;
  const budget = new MinuteBudget(2, () => now);
  expect([budget.spend('bob'), budget.spend('bob'), budget.spend('bob')]).toEqual([null, null, 30]);
  expect(budget.spend('carol')).toBeNull();
  now = 60_000;
  expect(budget.spend('bob')).toBeNull();
});
