import { beforeEach, describe, expect, it } from '@jest/globals';
import { postingByTurns, type OtherRequests, type Posting } from './card-turns.js';
import type { LeasedCard, StoredCard, TurnEnd } from '../ports.js';
import { CardsInMemory, TurnsInMemory } from '../testing/cards-in-memory.js';

const card = (cardId: string): StoredCard => ({
  cardId,
  escalationId: `esc-${cardId}`,
  digest: 'd',
  channel: 'C1',
  ts: null,
  version: 0,
  minor: 0,
});
const POSTED: TurnEnd = { posted: true, restSeconds: 1, holdSeconds: 0 };

let cards: CardsInMemory;
let line: TurnsInMemory;
let published: string[];
let again: string[];
let publishing: (posting: Posting) => ReturnType<OtherRequests['publish']>;
let mine: Posting;

beforeEach(() => {
  cards = new CardsInMemory();
  line = new TurnsInMemory(cards);
  published = [];
  again = [];
  publishing = async () => [];
  mine = postingByTurns(line, {
    publish: (escalationId, posting) => {
      published.push(escalationId);
      return publishing(posting);
    },
    publishAgain: async (escalationId) => void again.push(escalationId),
  });
});

describe('posting by turns', () => {
  const waits = (cardId: string): void => void cards.rows.set(cardId, card(cardId));
  const held = (cardId: string): LeasedCard => ({ ...card(cardId), lease: expect.any(String) as unknown as string });
  const ended = (): string[] =>
    line.ended.map(({ cardId, posted, holdSeconds }) => `${cardId} ${posted ? 'posted' : `held ${holdSeconds}`}`);

  it('posts its own card when that is first', async () => {
    waits('a');
    expect(await mine.turnOf(card('a'))).toEqual(held('a'));
    expect(published).toEqual([]);
  });

  it('waits while the channel rests', async () => {
    await line.rest('C1', 3);
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(await mine.waitSeconds(card('a'))).toBe(3);
  });

  it('has another request published when that one is first, with the turn for just that card', async () => {
    waits('b');
    publishing = async (posting) => {
      expect(posting.onlyCard).toBe('b');
      waits('c');
      expect(await posting.turnOf(card('c'))).toBeNull();
      const turn = await posting.turnOf(card('b'));
      expect(turn).toEqual(held('b'));
      expect(await posting.turnOf(card('b'))).toBeNull();
      await posting.end(turn!, POSTED);
      return [{ cardId: 'b', outcome: 'posted' }];
    };
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(published).toEqual(['esc-b']);
    expect(ended()).toEqual(['b posted']);
    expect(again).toEqual([]);
  });

  /** Publishing that posts this card with its turn and says so, before whatever else became of it. */
  const posts =
    (cardId: string, ...more: Awaited<ReturnType<OtherRequests['publish']>>): typeof publishing =>
    async (posting) => {
      const turn = await posting.turnOf(card(cardId));
      await cards.swapShown(turn!, { version: 1, minor: 0, ts: `1.${cardId}` });
      await posting.end(turn!, POSTED);
      return [{ cardId, outcome: 'posted' }, ...more];
    };

  it.each(['busy', 'failed'])('leaves another request a job when its new card moved on and was %s', async (outcome) => {
    waits('b');
    publishing = posts('b', { cardId: 'b', outcome });
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(again).toEqual(['esc-b']);
  });

  it('leaves another request a job when its card was posted and nobody can tell what came of it', async () => {
    waits('b');
    publishing = async (posting) => {
      await posts('b')(posting);
      throw new Error('the database is away');
    };
    await expect(mine.turnOf(card('a'))).rejects.toThrow('away');
    expect(again).toEqual(['esc-b']);
  });

  it('leaves no job for what waits by itself: a card that could not be posted, or one in another channel', async () => {
    waits('b');
    publishing = async (posting) => {
      const turn = await posting.turnOf(card('b'));
      await posting.end(turn!, { posted: false, restSeconds: 1, holdSeconds: 3 });
      return [{ cardId: 'b', outcome: 'failed' }];
    };
    await mine.turnOf(card('a'));
    cards.pass(2);
    waits('c');
    publishing = posts('c', { cardId: 'c in C2', outcome: 'waiting' });
    await mine.turnOf(card('a'));
    expect(again).toEqual([]);
  });

  it('passes over a card that has no use for its turn, and for a moment over one whose publishing fails', async () => {
    waits('b');
    await mine.turnOf(card('a'));
    waits('c');
    publishing = () => Promise.reject(new Error('the database is away'));
    await expect(mine.turnOf(card('a'))).rejects.toThrow('away');
    expect(ended()).toEqual(['b held 60', 'c held 3']);
  });
});
