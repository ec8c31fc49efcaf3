import { describe, expect, it } from '@jest/globals';
import { refuse } from '#domain/refusal.js';
import { AnswerOnce, CONFIGURATION_MOVED, type Creation } from './answer-once.js';
import type { Seals, Transaction } from './ports.js';
import { FakeStore } from './testing/fake-store.js';

const once = new AnswerOnce(new FakeStore({}), {} as Seals);
const answerTo = ({ id }: { id: string }) => ({ status: 201, response: { id }, escalationId: id });

/** A creation that finds the configuration changed so many times, and notes what it read. */
function creation(moves: number): Creation<number, { id: string }> & { prepared: number } {
  const made = {
    prepared: 0,
    prepare: () => Promise.resolve((made.prepared += 1)),
    needs: () => ({ agent: { id: 'support-bot' } }),
    create: (_tx: Transaction, ready: number) =>
      Promise.resolve(ready <= moves ? CONFIGURATION_MOVED : { id: `after ${ready}` }),
  };
  return made;
}

describe('a call without a key', () => {
  it('is prepared and written again while the configuration changes under it', async () => {
    const answer = { status: 201, response: { id: 'after 4' }, escalationId: 'after 4' };
    expect(await once.answer(null, creation(3), answerTo)).toEqual({ answer, replayed: false });
  });

  it('is refused as unavailable after the fourth time', async () => {
    const restless = creation(4);
    expect(await once.answer(null, restless, answerTo)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    expect(restless.prepared).toBe(4);
  });

  it('is answered with what it refuses, before anything is written', async () => {
    const refused = { ...creation(0), prepare: () => Promise.resolve(refuse('forbidden', 'No.')) };
    expect(await once.answer(null, refused, answerTo)).toMatchObject({ code: 'forbidden' });
  });
});
