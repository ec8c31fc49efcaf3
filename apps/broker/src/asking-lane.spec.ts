import { describe, expect, it } from '@jest/globals';
import { Lane } from './asking-lane.js';

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
