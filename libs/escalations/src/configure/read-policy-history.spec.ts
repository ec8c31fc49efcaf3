import { expect, it } from '@jest/globals';
import type { ConfigurationStore } from '#escalations/judge/configuration-store.js';
import type { KeptConfiguration, PolicyChange, PolicySets } from '#escalations/configure/policy-sets.js';
import { CHANGES_PAGE_MAX, ReadPolicyHistory } from '#escalations/configure/read-policy-history.js';

it('changes are counted one after another, and others get their turn between two', async () => {
  let turns = 0;
  let counting = true;
  const others = (): void => {
    turns += 1;
    if (counting) setImmediate(others);
  };
  const asked: number[] = [];
  const atChange: number[] = [];
  const sets = {
    page: (limit: number) => {
      asked.push(limit);
      setImmediate(others);
      const changes = Array.from({ length: limit }, (_, index): PolicyChange => changeOf(index, atChange, () => turns));
      return Promise.resolve({ changes, next: null });
    },
  } as unknown as PolicySets;
  const store = { currentVersion: () => Promise.resolve(null) } as unknown as ConfigurationStore;
  const { items } = await new ReadPolicyHistory(sets, store).changes(200, null);
  counting = false;
  expect([asked, items.length]).toEqual([[CHANGES_PAGE_MAX], CHANGES_PAGE_MAX]);
  expect(new Set(atChange).size).toBe(CHANGES_PAGE_MAX);
});

/** A change that notes, when its policies are looked at, how many turns others have had. */
function changeOf(index: number, noted: number[], turns: () => number): PolicyChange {
  const catalog = { resources: [], agents: [], clients: [], people: [], groups: [], limits: {} };
  const applied = {
    seq: String(index),
    catalog,
    get policies() {
      if (noted.length === index) noted.push(turns());
      return [];
    },
  } as unknown as KeptConfiguration;
  return {
    sound: true,
    applied,
    before: null,
    decisions: { allowed: 0, asked: 0, denied: 0, more: false },
  };
}
