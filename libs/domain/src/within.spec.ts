import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { LATE, within } from './within.js';

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('work with a time limit', () => {
  it('gives what it gives, or fails as it fails, and leaves no timer', async () => {
    const before = timers();
    expect(await within(60_000, Promise.resolve('done'))).toBe('done');
    await expect(within(60_000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(timers()).toBe(before);
  });

  it('is late when it takes longer, and its failure after that is nobody’s', async () => {
    const unhandled = getEventListeners(process, 'unhandledRejection').length;
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<string>((_resolve, reject) => (fail = reject));
    expect(await within(1, work)).toBe(LATE);
    fail(new Error('too late to matter'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(process, 'unhandledRejection')).toHaveLength(unhandled);
  });

  it('has one round of the loop when no time is left', async () => {
    expect(await within(-5, Promise.resolve('there already'))).toBe('there already');
    expect(await within(-5, new Promise(() => undefined))).toBe(LATE);
  });
});
