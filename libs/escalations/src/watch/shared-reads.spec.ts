import { describe, expect, it } from '@jest/globals';
import type { FeedPage, FeedPosition, RevocationLog } from './revocation-log.js';
import { SharedReads } from './shared-reads.js';

interface Read {
  readonly audiences: readonly string[];
  readonly from: FeedPosition | null;
  readonly answer: (page: Partial<FeedPage>) => void;
  readonly fail: (error: Error) => void;
}

function reading() {
  const reads: Read[] = [];
  const log: RevocationLog = {
    read: (audiences, from) =>
      new Promise((resolve, reject) =>
        reads.push({
          audiences,
          from,
          answer: (page) => resolve({ items: [], position: { since: 'now' }, caughtUp: true, now: 0, ...page }),
          fail: reject,
        }),
      ),
  };
  return { reads, shared: new SharedReads(log) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const at = (since: string): FeedPosition => ({ since });

describe('readers of the feed that ask at once', () => {
  it('are served by one statement where they are at one position, each audience by its own', async () => {
    const { reads, shared } = reading();
    const pages = [shared.read(['a'], at('5:5:')), shared.read(['a'], at('5:5:')), shared.read(['b'], at('5:5:'))];
    await turn();
    expect(reads.map(({ audiences }) => audiences)).toEqual([['a'], ['b']]);
    reads.forEach(({ answer }) => answer({}));
    const [one, same, other] = await Promise.all(pages);
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });

  it('never join a read that has begun: its snapshot may be older than what woke them', async () => {
    const { reads, shared } = reading();
    void shared.read(['a'], at('5:5:'));
    await turn();
    void shared.read(['a'], at('5:5:'));
    await turn();
    expect(reads).toHaveLength(2);
  });

  it('come from other positions to the snapshot that was read first, and are caught up there', async () => {
    const { reads, shared } = reading();
    const [first, behind] = [shared.read(['a'], at('9:9:')), shared.read(['a'], at('5:5:'))];
    await turn();
    expect(reads).toHaveLength(1);
    reads[0]?.answer({ position: at('10:10:') });
    await first;
    await turn();
    expect(reads[1]?.from).toEqual({ since: '5:5:', within: { upTo: '10:10:', txid: '0', seq: '0' } });
    reads[1]?.answer({ position: at('10:10:'), caughtUp: false });
    expect(await behind).toMatchObject({ position: at('10:10:'), caughtUp: true });
  });

  it('go their own way where they are in the middle of a page, begin anew, or the first read failed', async () => {
    const { reads, shared } = reading();
    const middle: FeedPosition = { since: '5:5:', within: { upTo: '8:8:', txid: '6', seq: '1' } };
    const failing = shared.read(['a'], at('9:9:'));
    const others = [shared.read(['a'], middle), shared.read(['a'], null), shared.read(['a'], at('5:5:'))];
    await turn();
    reads[0]?.fail(new Error('Connection terminated'));
    await expect(failing).rejects.toThrow('terminated');
    await turn();
    expect(reads.slice(1).map(({ from }) => from)).toEqual([middle, null, at('5:5:')]);
    reads.slice(1).forEach(({ answer }) => answer({ caughtUp: false }));
    expect((await Promise.all(others)).map(({ caughtUp }) => caughtUp)).toEqual([false, false, false]);
  });
});
