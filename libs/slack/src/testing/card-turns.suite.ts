import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CardStore, CardTurns, StoredCard, TurnEnd } from '../ports.js';
import type { CardPlace } from './card-stores.suite.js';

const POSTED: TurnEnd = { posted: true, restSeconds: 0, holdSeconds: 0 };
const KEPT_BACK: TurnEnd = { posted: false, restSeconds: 0, holdSeconds: 60 };

/** What every line before a channel must do. `open` is called once. */
export function describeCardTurns(name: string, open: () => Promise<CardPlace>): void {
  describe(`the line of a channel ${name}`, () => {
    let place: CardPlace;
    let cards: CardStore;
    let turns: CardTurns;
    let channel: string;
    let serial = 0;

    beforeAll(async () => {
      place = await open();
      ({ cards, turns } = place);
    }, 60_000);
    afterAll(() => place?.close());
    beforeEach(() => void (channel = `C${(serial += 1)}`));

    /** A card of a request of its own that waits to be posted. */
    async function waiting(where = channel): Promise<StoredCard> {
      return cards.cardFor({ escalationId: await place.asked(), digest: 'sha256:d', channel: where });
    }
    async function post(card: StoredCard, end = POSTED): Promise<void> {
      const held = await turns.take(channel);
      expect(held?.cardId).toBe(card.cardId);
      await cards.swapShown(held!, { version: 1, minor: 0, ts: `17.${(serial += 1)}` });
      await turns.end(held!, end);
    }

    it('gives the turn to a card that waits, under a lease', async () => {
      const card = await waiting();
      expect(await turns.take(channel)).toEqual({ ...card, lease: expect.any(String) });
      expect(await cards.claim(card.cardId, 20)).toBeNull();
    });

    it('gives a turn that nobody has a use for to the next who has', async () => {
      expect(await turns.take(channel)).toBeNull();
      const card = await waiting();
      expect(await turns.take(channel)).toMatchObject({ cardId: card.cardId });
    });

    it('gives the turn to one at a time, in each channel by itself', async () => {
      const cardIds = [(await waiting()).cardId, (await waiting()).cardId];
      const elsewhere = await waiting(`${channel}b`);
      const taken = (await Promise.all([1, 2, 3].map(() => turns.take(channel)))).filter((held) => held !== null);
      expect(taken).toHaveLength(1);
      expect(cardIds).toContain(taken[0]?.cardId);
      expect(await turns.take(`${channel}b`)).toMatchObject({ cardId: elsewhere.cardId });
    });

    it('posts one after the other, each card once', async () => {
      const [first, second] = [await waiting(), await waiting()];
      await post(first);
      await post(second);
      expect(await turns.take(channel)).toBeNull();
    });

    it('ends the lease with the turn', async () => {
      const card = await waiting();
      const held = await turns.take(channel);
      await turns.end(held!, { ...POSTED, posted: false });
      expect(await cards.claim(card.cardId, 20)).not.toBeNull();
    });

    it('lets the channel rest after a turn for as long as was said', async () => {
      const [first, second] = [await waiting(), await waiting()];
      await post(first, { ...POSTED, restSeconds: 10 });
      await place.pass(5);
      expect(await turns.take(channel)).toBeNull();
      await place.pass(6);
      expect(await turns.take(channel)).toMatchObject({ cardId: second.cardId });
    });

    it('never shortens a rest', async () => {
      await waiting();
      await turns.rest(channel, 10);
      await turns.rest(channel, 1);
      await place.pass(5);
      expect(await turns.take(channel)).toBeNull();
      await place.pass(6);
      expect(await turns.take(channel)).not.toBeNull();
    });

    it('lets others go before a card that is held back, until its time is over', async () => {
      const [first, second] = [await waiting(), await waiting()];
      const held = await turns.take(channel);
      expect(held?.cardId).toBe(first.cardId);
      await turns.end(held!, KEPT_BACK);
      await post(second);
      expect(await turns.take(channel)).toBeNull();
      await place.pass(65);
      expect(await turns.take(channel)).toMatchObject({ cardId: first.cardId });
    });

    it('ends a turn by itself whose holder died, and no later one by its name', async () => {
      const [first, second] = [await waiting(), await waiting()];
      const dead = await turns.take(channel);
      expect(dead?.cardId).toBe(first.cardId);
      await place.pass(15);
      expect(await turns.take(channel)).toMatchObject({ cardId: second.cardId });
      await turns.end(dead!, { ...POSTED, posted: false });
      expect(await turns.take(channel)).toBeNull();
    });

    it('says when a card may come: after the rest, its own hold and those before it', async () => {
      const [first, second] = [await waiting(), await waiting()];
      expect(await turns.waitSeconds(first)).toBeGreaterThan(0);
      expect(await turns.waitSeconds(second)).toBeGreaterThan(await turns.waitSeconds(first));
      await turns.rest(channel, 30);
      expect(await turns.waitSeconds(first)).toBeGreaterThan(25);
      await place.pass(31);
      const held = await turns.take(channel);
      await turns.end(held!, KEPT_BACK);
      expect(await turns.waitSeconds(first)).toBeGreaterThan(50);
      expect(await turns.waitSeconds(second)).toBeLessThan(25);
    });
  });
}
