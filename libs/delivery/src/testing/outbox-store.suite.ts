import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeadLetter, OutboxRow, OutboxStore } from '../ports.js';
import { AWAITED, jobIdOf, TOPICS } from '../queues.js';

/** An outbox under test, and what happens around it. */
export interface OutboxPlace {
  readonly store: OutboxStore;
  /** Writes a row, due in so many seconds; returns its number. */
  put(topic: OutboxRow['topic'], id: string, dueInSeconds?: number): Promise<string>;
  /** So much time passes for every row. */
  pass(seconds: number): Promise<void>;
  /** Dead letters, oldest first. */
  letters(): Promise<readonly DeadLetter[]>;
  /** An operator has dealt with all dead letters. */
  resolveLetters(): Promise<void>;
  /** Neither rows nor letters are left. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** What every outbox must do. `open` is called once. */
export function describeOutboxStore(name: string, open: () => Promise<OutboxPlace>): void {
  describe(`the outbox ${name}`, () => {
    let place: OutboxPlace;
    let store: OutboxStore;

    beforeAll(async () => {
      place = await open();
    }, 60_000);
    afterAll(() => place?.close());
    beforeEach(async () => {
      await place.clear();
      store = place.store;
    });

    const seqs = (rows: readonly OutboxRow[]): string[] => rows.map((row) => row.seq);
    const jobOf = ({ seq, stamp }: OutboxRow): string => jobIdOf(seq, stamp);
    const undone = async (): Promise<string[]> => seqs(await store.claimUndone(AWAITED, 10, -1, 20)).sort();

    it('gives the oldest rows first, with the time until they are due', async () => {
      const first = await place.put('card.publish', 'esc_1');
      const second = await place.put('deadline.escalation', 'esc_1', 60);
      await place.put('deadline.grant', 'gra_1', -60);
      const rows = await store.claim(TOPICS, 2, 20);
      expect(rows).toMatchObject([
        { seq: first, topic: 'card.publish', id: 'esc_1', delayMs: 0 },
        { seq: second, topic: 'deadline.escalation', id: 'esc_1' },
      ]);
      expect(rows[1]!.delayMs).toBeGreaterThan(55_000);
      expect(rows[1]!.delayMs).toBeLessThanOrEqual(60_000);
      expect(await store.claim(TOPICS, 2, 20)).toMatchObject([{ id: 'gra_1', delayMs: 0 }]);
    });

    it('gives each row to one of many relays', async () => {
      for (let n = 0; n < 40; n += 1) await place.put('card.publish', `esc_${n}`);
      const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(TOPICS, 10, 20)));
      const given = claims.flatMap(seqs);
      expect(new Set(given).size).toBe(given.length);
      // One that met the others' rows may have come away with fewer than it asked for; nothing is passed over for good.
      given.push(...seqs(await store.claim(TOPICS, 40, 20)));
      expect(new Set(given).size).toBe(40);
    });

    it('leaves rows of topics that were not asked for', async () => {
      await place.put('card.publish', 'esc_1');
      expect(await store.claim(['deadline.grant'], 10, 20)).toEqual([]);
      expect(await store.claim(['card.publish'], 10, 20)).toHaveLength(1);
    });

    it('gives a row again when its lease ran out or was given back, and not before', async () => {
      const seq = await place.put('card.publish', 'esc_1');
      await store.claim(TOPICS, 10, 20);
      await place.pass(15);
      expect(await store.claim(TOPICS, 10, 20)).toEqual([]);
      await place.pass(10);
      expect(seqs(await store.claim(TOPICS, 10, 20))).toEqual([seq]);
      await store.release([seq]);
      expect(seqs(await store.claim(TOPICS, 10, 20))).toEqual([seq]);
    });

    it('never gives a row that was handed over as one that waits', async () => {
      const seq = await place.put('card.publish', 'esc_1');
      await store.claim(TOPICS, 10, 20);
      await store.dispatched([seq]);
      await store.release([seq]);
      expect(await store.claim(TOPICS, 10, 20)).toEqual([]);
    });

    it('gives a row whose job is not done again after a while, until the job is done or a dead letter', async () => {
      const topics = ['notice.send', 'notice.send', 'card.publish'] as const;
      for (const [n, topic] of topics.entries()) await place.put(topic, `esc_${n}`);
      const rows = await store.claim(TOPICS, 10, -1);
      expect(await undone()).toEqual([]);
      await store.dispatched(seqs(rows));
      expect(await undone()).toEqual([]);
      await place.pass(25);
      expect(await undone()).toEqual(seqs(rows));
      await store.done(jobOf(rows[0]!));
      await store.park({ topic: 'notice.send', jobId: jobOf(rows[1]!), payload: { id: 'esc_1' }, error: 'no' });
      expect(await undone()).toEqual(seqs(rows.slice(2)));
      // Handing it over starts the while again.
      await store.dispatched(seqs(rows));
      expect(await undone()).toEqual([]);
    });

    it('leases an undone row to one relay at a time', async () => {
      const seq = await place.put('notice.send', 'esc_1');
      await store.dispatched([seq]);
      await place.pass(25);
      expect(await store.claimUndone(AWAITED, 10, 20, 20)).toHaveLength(1);
      expect(await store.claimUndone(AWAITED, 10, 20, 20)).toEqual([]);
      await place.pass(25);
      expect(await store.claimUndone(AWAITED, 10, 20, 20)).toHaveLength(1);
    });

    it('gives of undone rows those first that were handed over longest ago', async () => {
      const [first, second] = [await place.put('notice.send', 'esc_1'), await place.put('notice.send', 'esc_2')];
      await store.dispatched([second]);
      await place.pass(5);
      await store.dispatched([first]);
      await place.pass(25);
      expect(seqs(await store.claimUndone(AWAITED, 1, 20, 20))).toEqual([second]);
      expect(seqs(await store.claimUndone(AWAITED, 1, 20, 20))).toEqual([first]);
    });

    it('takes a job that was done before its row was marked as handed over for handed over', async () => {
      const seq = await place.put('notice.send', 'esc_1');
      const [row] = await store.claim(TOPICS, 10, -1);
      await store.done(jobOf(row!));
      await store.dispatched([seq]);
      await place.pass(25);
      expect(await store.claim(TOPICS, 10, 20)).toEqual([]);
      expect(await undone()).toEqual([]);
    });

    it('is done with a row that has no job once it is handed over', async () => {
      const [jobless, other] = [await place.put('card.publish', 'esc_1'), await place.put('card.publish', 'esc_2')];
      await store.dispatched([jobless, other], [jobless]);
      await place.pass(25);
      expect(await undone()).toEqual([other]);
    });

    it('never asks after what a sweeper finds', async () => {
      await store.dispatched([await place.put('deadline.grant', 'gra_1')]);
      await place.pass(25);
      expect(await store.claimUndone(TOPICS, 10, 20, 20)).toEqual([]);
    });

    it('passes over a job that came another way, and one without a row', async () => {
      const seq = await place.put('notice.send', 'esc_1');
      await store.dispatched([seq]);
      await store.done('repeat:upkeep');
      await store.done(jobIdOf('999999'));
      await place.pass(25);
      expect(await undone()).toEqual([seq]);
    });

    it('keeps one unresolved dead letter of a job', async () => {
      const letter = { topic: 'card.publish', jobId: 'outbox-1', payload: { id: 'esc_1' }, error: 'no' };
      await store.park(letter);
      await store.park({ ...letter, error: 'again' });
      expect(await place.letters()).toEqual([letter]);
      await place.resolveLetters();
      await store.park(letter);
      expect(await place.letters()).toEqual([letter, letter]);
    });
  });
}
