import { beforeEach, describe, expect, it } from '@jest/globals';
import { postingByTurns, type OtherRequests, type Posting } from './card-turns.js';
import { CardTurns, type LeasedCard, type TurnEnd } from '../ports.js';

const card = (cardId: string): LeasedCard => ({
  cardId,
  escalationId: `esc-${cardId}`,
  digest: 'd',
  channel: 'C1',
  ts: null,
  version: 0,
  minor: 0,
  lease: `lease-${cardId}`,
});
const POSTED: TurnEnd = { posted: true, restSeconds: 1, holdSeconds: 0 };

class Line extends CardTurns {
  first: LeasedCard | null = null;
  readonly ended: string[] = [];
  override take(): Promise<LeasedCard | null> {
    const { first } = this;
    this.first = null;
    return Promise.resolve(first);
  }
  override async end({ cardId }: LeasedCard, { posted, holdSeconds }: TurnEnd): Promise<void> {
    this.ended.push(`${cardId} ${posted ? 'posted' : `held ${holdSeconds}`}`);
  }
  override async rest(): Promise<void> {}
  override waitSeconds(): Promise<number> {
    return Promise.resolve(3);
  }
}

let line: Line;
let published: string[];
let again: string[];
let publishing: (posting: Posting) => ReturnType<OtherRequests['publish']>;
let mine: Posting;

beforeEach(() => {
  line = new Line();
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
  it('posts its own card when that is first', async () => {
    line.first = card('a');
    expect(await mine.turnOf(card('a'))).toEqual(card('a'));
    expect(published).toEqual([]);
  });

  it('waits while the channel rests', async () => {
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(await mine.waitSeconds(card('a'))).toBe(3);
  });

  it('has another request published when that one is first, with the turn for just that card', async () => {
    line.first = card('b');
    publishing = async (posting) => {
      expect(posting.onlyCard).toBe('b');
      line.first = card('c');
      expect(await posting.turnOf(card('c'))).toBeNull();
      expect(await posting.turnOf(card('b'))).toEqual(card('b'));
      expect(await posting.turnOf(card('b'))).toBeNull();
      await posting.end(card('b'), POSTED);
      return [{ cardId: 'b', outcome: 'posted' }];
    };
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(published).toEqual(['esc-b']);
    expect(line.ended).toEqual(['b posted']);
    expect(again).toEqual([]);
  });

  /** Publishing that posts this card with its turn and says so, before whatever else became of it. */
  const posts =
    (cardId: string, ...more: Awaited<ReturnType<OtherRequests['publish']>>): typeof publishing =>
    async (posting) => {
      await posting.turnOf(card(cardId));
      await posting.end(card(cardId), POSTED);
      return [{ cardId, outcome: 'posted' }, ...more];
    };

  it.each(['busy', 'failed'])('leaves another request a job when its new card moved on and was %s', async (outcome) => {
    line.first = card('b');
    publishing = posts('b', { cardId: 'b', outcome });
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(again).toEqual(['esc-b']);
  });

  it('leaves another request a job when its card was posted and nobody can tell what came of it', async () => {
    line.first = card('b');
    publishing = async (posting) => {
      await posts('b')(posting);
      throw new Error('the database is away');
    };
    await expect(mine.turnOf(card('a'))).rejects.toThrow('away');
    expect(again).toEqual(['esc-b']);
  });

  it('leaves no job for what waits by itself: a card that could not be posted, or one in another channel', async () => {
    line.first = card('b');
    publishing = async (posting) => {
      await posting.turnOf(card('b'));
      await posting.end(card('b'), { posted: false, restSeconds: 1, holdSeconds: 3 });
      return [{ cardId: 'b', outcome: 'failed' }];
    };
    await mine.turnOf(card('a'));
    line.first = card('c');
    publishing = posts('c', { cardId: 'c in C2', outcome: 'waiting' });
    await mine.turnOf(card('a'));
    expect(again).toEqual([]);
  });

  it('passes over a card that has no use for its turn, and for a moment over one whose publishing fails', async () => {
    line.first = card('b');
    await mine.turnOf(card('a'));
    line.first = card('c');
    publishing = () => Promise.reject(new Error('the database is away'));
    await expect(mine.turnOf(card('a'))).rejects.toThrow('away');
    expect(line.ended).toEqual(['b held 60', 'c held 3']);
  });
});
