import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CardStore, CardTurns, StoredCard } from '../ports.js';

/** Message records under test, the requests they are of, and what happens around them. */
export interface CardPlace {
  readonly cards: CardStore;
  readonly turns: CardTurns;
  /** Somebody asks, and people are to decide. Returns the request's id; its version is 1. */
  asked(): Promise<string>;
  /** The request moves on to its next version. */
  movesOn(escalationId: string): Promise<void>;
  /** So much time passes for every card and channel. */
  pass(seconds: number): Promise<void>;
  /** Types of events and topics of jobs that cards of this request have caused, oldest first. */
  caused(escalationId: string): Promise<{ readonly events: readonly string[]; readonly jobs: readonly string[] }>;
  close(): Promise<void>;
}

/** What every store of message records, with the lines before its channels, must do. `open` is called once. */
export function describeCardStores(name: string, open: () => Promise<CardPlace>): void {
  describe(`message records ${name}`, () => {
    let place: CardPlace;
    let cards: CardStore;
    let escalationId: string;
    let channel: string;
    let serial = 0;

    beforeAll(async () => {
      place = await open();
      cards = place.cards;
    }, 60_000);
    afterAll(() => place?.close());
    beforeEach(async () => {
      escalationId = await place.asked();
      channel = `C${(serial += 1)}`;
    });

    const cardIn = (where = channel, of = escalationId): Promise<StoredCard> =>
      cards.cardFor({ escalationId: of, digest: 'sha256:d', channel: where });
    const ts = (): string => `17.${(serial += 1)}`;

    describeRecords();
    describeLeases();
    describeSwaps();

    function describeRecords(): void {
      it('has one card for each request and channel, however often it is asked for', async () => {
        const [first, second] = await Promise.all([cardIn(), cardIn()]);
        const again = await cards.cardFor({ escalationId, digest: 'sha256:other', channel });
        expect(first).toMatchObject({ escalationId, digest: 'sha256:d', channel, ts: null, version: 0, minor: 0 });
        expect([second, again]).toEqual([first, first]);
        expect((await cardIn(`${channel}b`)).cardId).not.toBe(first.cardId);
      });

      it('lists the cards of a request, oldest first, and finds each by its id', async () => {
        const [first, second] = [await cardIn(), await cardIn(`${channel}b`)];
        await cardIn(channel, await place.asked());
        expect(await cards.listByEscalation(escalationId)).toEqual([first, second]);
        expect(await cards.byId(second.cardId)).toEqual(second);
        expect(await cards.byId('nobody')).toBeNull();
        expect(await cards.listByEscalation('esc_nobody')).toEqual([]);
      });

      it('knows a message of its own by channel and stamp together', async () => {
        const shown = { version: 1, minor: 0, ts: ts() };
        await cards.swapShown(await cardIn(), shown);
        expect(await cards.isOnRecord(channel, shown.ts)).toBe(true);
        expect(await cards.isOnRecord(`${channel}b`, shown.ts)).toBe(false);
        expect(await cards.isOnRecord(channel, ts())).toBe(false);
      });
    }

    function describeLeases(): void {
      it('leases a card to one caller, as it stands', async () => {
        const card = await cardIn();
        const claims = await Promise.all(Array.from({ length: 5 }, () => cards.claim(card.cardId, 20)));
        const held = claims.filter((claim) => claim !== null);
        expect(held).toEqual([{ ...card, lease: expect.any(String) }]);
        expect(await cards.claim('nobody', 20)).toBeNull();
        expect(await cards.claim((await cardIn(`${channel}b`)).cardId, 20)).not.toBeNull();
      });

      it('ends a lease by its seconds, and not before', async () => {
        const { cardId } = await cardIn();
        await cards.claim(cardId, 20);
        await place.pass(15);
        expect(await cards.claim(cardId, 20)).toBeNull();
        await place.pass(10);
        expect(await cards.claim(cardId, 20)).not.toBeNull();
      });

      it('ends a lease for whoever has it, and for nobody who had it before', async () => {
        const { cardId } = await cardIn();
        const early = await cards.claim(cardId, 20);
        await place.pass(25);
        const later = await cards.claim(cardId, 20);
        await cards.release(cardId, early!.lease);
        expect(await cards.claim(cardId, 20)).toBeNull();
        await cards.release(cardId, later!.lease);
        expect(await cards.claim(cardId, 20)).not.toBeNull();
      });
    }

    function describeSwaps(): void {
      it('records what a message shows, and ends the lease', async () => {
        const card = await cardIn();
        const held = await cards.claim(card.cardId, 20);
        const shown = { version: 1, minor: 2, ts: ts() };
        expect(await cards.swapShown(held!, shown)).toBe(true);
        expect(await cards.byId(card.cardId)).toEqual({ ...card, ...shown });
        expect(await cards.claim(card.cardId, 20)).not.toBeNull();
      });

      it('lets one of two swaps from the same state win, and changes nothing for the other', async () => {
        const card = await cardIn();
        const stamps = [ts(), ts()];
        const swapped = await Promise.all(
          stamps.map((stamp) => cards.swapShown(card, { version: 1, minor: 0, ts: stamp })),
        );
        expect([...swapped].sort()).toEqual([false, true]);
        expect((await cards.byId(card.cardId))?.ts).toBe(stamps[swapped.indexOf(true)]);
        expect(await cards.swapShown(card, { version: 3, minor: 0, ts: stamps[0]! })).toBe(false);
        expect(await cards.byId(card.cardId)).toMatchObject({ version: 1 });
      });

      it('refuses a swap when only what is around the request was shown in between', async () => {
        const stamp = ts();
        await cards.swapShown(await cardIn(), { version: 1, minor: 0, ts: stamp });
        const before = await cardIn();
        await cards.swapShown(before, { version: 1, minor: 1, ts: stamp });
        expect(await cards.swapShown(before, { version: 2, minor: 0, ts: stamp })).toBe(false);
      });

      it('never takes another message for the one on record', async () => {
        await cards.swapShown(await cardIn(), { version: 1, minor: 0, ts: ts() });
        expect(await cards.swapShown(await cardIn(), { version: 2, minor: 0, ts: ts() })).toBe(false);
        expect(
          await cards.swapShown({ ...(await cardIn()), cardId: 'nobody' }, { version: 2, minor: 0, ts: ts() }),
        ).toBe(false);
      });

      it('tells with each swap that won what follows: the thread of a new message, nothing of a rewritten one', async () => {
        const stamp = ts();
        const card = await cardIn();
        await cards.swapShown(card, { version: 1, minor: 0, ts: stamp });
        await cards.swapShown(card, { version: 1, minor: 0, ts: stamp });
        expect(await place.caused(escalationId)).toEqual({ events: ['card.posted'], jobs: ['card.thread'] });
        await cards.swapShown(await cardIn(), { version: 2, minor: 0, ts: stamp });
        expect(await place.caused(escalationId)).toEqual({
          events: ['card.posted', 'card.updated'],
          jobs: ['card.thread'],
        });
      });

      it('takes a mistrusted message to show nothing, in its channel alone', async () => {
        const shown = { version: 1, minor: 2, ts: ts() };
        await cards.swapShown(await cardIn(), shown);
        await cards.mistrust({ channel: `${channel}b`, ts: shown.ts });
        expect(await cardIn()).toMatchObject(shown);
        await cards.mistrust({ channel, ts: shown.ts });
        expect(await cardIn()).toMatchObject({ ts: shown.ts, version: 0, minor: 0 });
      });

      it('leaves a mistrusted message as it is when its record says that it is behind', async () => {
        const shown = { version: 1, minor: 0, ts: ts() };
        await cards.swapShown(await cardIn(), shown);
        await place.movesOn(escalationId);
        await cards.mistrust({ channel, ts: shown.ts });
        expect(await cardIn()).toMatchObject(shown);
      });
    }
  });
}
