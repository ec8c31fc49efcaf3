import { beforeEach, describe, expect, it } from '@jest/globals';
import { postingByTurns, type Posting } from './card-turns.js';
import { CardTurns, type LeasedCard, type TurnEnd } from './ports.js';

const card = (cardId: string): LeasedCard => ({
  cardId,
  escalationId: `esc-${cardId}`,
  digest: 'd',
  channel: 'C1',
  ts: null,
  version: 0,
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
let publishing: (posting: Posting) => Promise<unknown>;
let mine: Posting;

beforeEach(() => {
  line = new Line();
  published = [];
  publishing = () => Promise.resolve();
  mine = postingByTurns(line, async (escalationId, posting) => {
    published.push(escalationId);
    await publishing(posting);
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
      line.first = card('c');
      expect(await posting.turnOf(card('c'))).toBeNull();
      expect(await posting.turnOf(card('b'))).toEqual(card('b'));
      expect(await posting.turnOf(card('b'))).toBeNull();
      await posting.end(card('b'), POSTED);
    };
    expect(await mine.turnOf(card('a'))).toBeNull();
    expect(published).toEqual(['esc-b']);
    expect(line.ended).toEqual(['b posted']);
  });

  it('passes over a card that has no use for its turn, or whose publishing fails', async () => {
    line.first = card('b');
    await mine.turnOf(card('a'));
    line.first = card('c');
    publishing = () => Promise.reject(new Error('the database is away'));
    await expect(mine.turnOf(card('a'))).rejects.toThrow('away');
    expect(line.ended).toEqual(['b held 60', 'c held 60']);
  });
});
