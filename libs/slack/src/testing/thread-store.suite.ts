import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventType } from '#escalations/rows/event-types.js';
import type { ThreadStore, PendingEvent } from '../ports.js';

const TYPES = ['vote.recorded', 'token.minted', 'token.used', 'token.use_refused'] as const satisfies EventType[];

/** Threads under test, and what happens around them. */
export interface ThreadPlace {
  readonly threads: ThreadStore;
  /** A card of a request of its own; with an id, another card of that request. */
  card(escalationId?: string): Promise<{ readonly cardId: string; readonly escalationId: string }>;
  /** Something happens to a request; returns the event's id. */
  happens(escalationId: string, type: EventType): Promise<string>;
  /** So much time passes for every lease. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** What every record of threads must do. `open` is called once. */
export function describeThreadStore(name: string, open: () => Promise<ThreadPlace>): void {
  describe(`threads ${name}`, () => {
    let place: ThreadPlace;
    let threads: ThreadStore;
    let card: Awaited<ReturnType<ThreadPlace['card']>>;

    beforeAll(async () => {
      place = await open();
      threads = place.threads;
    }, 60_000);
    afterAll(() => place?.close());
    beforeEach(async () => void (card = await place.card()));

    const pendingEvents = (of = card): Promise<readonly PendingEvent[]> => threads.pendingEvents(of, TYPES);
    const ids = (lines: readonly PendingEvent[]): string[] => lines.map(({ event }) => event.id);

    it('are told what happened to their request, oldest first, of the types that were asked for', async () => {
      const [voted, minted] = [
        await place.happens(card.escalationId, 'vote.recorded'),
        await place.happens(card.escalationId, 'token.minted'),
      ];
      await place.happens(card.escalationId, 'escalation.requested');
      await place.happens((await place.card()).escalationId, 'vote.recorded');
      expect(ids(await pendingEvents())).toEqual([voted, minted]);
      expect(ids(await threads.pendingEvents(card, ['token.minted']))).toEqual([minted]);
    });

    it('are told each event once, each card for itself', async () => {
      const eventId = await place.happens(card.escalationId, 'vote.recorded');
      await threads.recordNotified({ cardId: card.cardId, eventId, ts: '1.1' });
      await threads.recordNotified({ cardId: card.cardId, eventId, ts: '1.2' });
      expect(await pendingEvents()).toEqual([]);
      expect(ids(await pendingEvents(await place.card(card.escalationId)))).toEqual([eventId]);
    });

    it('are told an event that was written after a later one was told', async () => {
      const first = await place.happens(card.escalationId, 'vote.recorded');
      const second = await place.happens(card.escalationId, 'vote.recorded');
      await threads.recordNotified({ cardId: card.cardId, eventId: second, ts: '1.1' });
      expect(ids(await pendingEvents())).toEqual([first]);
    });

    it('are told of uses the first, of refused ones the first six, and how many there were', async () => {
      const [used] = [await place.happens(card.escalationId, 'token.used')];
      await place.happens(card.escalationId, 'token.used');
      const refused: string[] = [];
      for (let n = 0; n < 8; n += 1) refused.push(await place.happens(card.escalationId, 'token.use_refused'));
      const lines = await pendingEvents();
      expect(ids(lines)).toEqual([used, ...refused.slice(0, 6)]);
      expect(lines.map(({ nth }) => nth)).toEqual([1, 1, 2, 3, 4, 5, 6]);
      expect(lines.every(({ refusedUses }) => refusedUses === 8)).toBe(true);
      // What was told counts on.
      await threads.recordNotified({ cardId: card.cardId, eventId: refused[0]!, ts: '1.1' });
      expect((await pendingEvents()).map(({ nth }) => nth)).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('are told fifty things at once at most', async () => {
      const happened: string[] = [];
      for (let n = 0; n < 52; n += 1) happened.push(await place.happens(card.escalationId, 'vote.recorded'));
      expect(ids(await pendingEvents())).toEqual(happened.slice(0, 50));
    });

    it('are spoken in by one at a time', async () => {
      const claims = await Promise.all([1, 2, 3].map(() => threads.claim(card.cardId, 20)));
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
      expect(await threads.claim((await place.card()).cardId, 20)).not.toBeNull();
    });

    it('are free again when the lease is given back or runs out, and by nobody who had it before', async () => {
      const early = await threads.claim(card.cardId, 20);
      await place.pass(15);
      expect(await threads.claim(card.cardId, 20)).toBeNull();
      await place.pass(10);
      const later = await threads.claim(card.cardId, 20);
      await threads.release(card.cardId, early!.lease);
      expect(await threads.claim(card.cardId, 20)).toBeNull();
      await threads.release(card.cardId, later!.lease);
      expect(await threads.claim(card.cardId, 20)).not.toBeNull();
    });
  });
}
