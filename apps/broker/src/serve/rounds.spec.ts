import { describe, expect, it } from '@jest/globals';
import { Rounds } from './rounds.js';

/** A round that counts itself and can be held. */
function counted(): { rounds: Rounds; done: () => number; hold: Promise<void>[]; inRound: () => boolean } {
  let done = 0;
  let inRound = false;
  const hold: Promise<void>[] = [];
  const rounds = new Rounds(1, async () => {
    inRound = true;
    await hold.at(-1);
    done += 1;
    inRound = false;
  });
  return { rounds, done: () => done, hold, inRound: () => inRound };
}

const round = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};

describe('rounds', () => {
  it('begin at once, go on by themselves, and begin only once', async () => {
    const { rounds, done } = counted();
    await rounds.start();
    expect(done()).toBe(1);
    await rounds.start();
    await round(() => done() > 3);
    await rounds.stop();
  });

  it('end after the one under way, and none begins after that', async () => {
    const { rounds, done, hold, inRound } = counted();
    await rounds.start();
    let release = (): void => undefined;
    hold.push(new Promise((resolve) => (release = resolve)));
    await round(inRound);
    const stopped = rounds.stop();
    const before = done();
    release();
    await stopped;
    expect([done() - before, inRound()]).toEqual([1, false]);
    await rounds.start();
    expect(done()).toBe(before + 1);
  });

  it('that were never begun stop at once and begin no more', async () => {
    const { rounds, done } = counted();
    await rounds.stop();
    await rounds.start();
    expect(done()).toBe(0);
  });
});
