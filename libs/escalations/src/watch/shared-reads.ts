import type { FeedPage, FeedPosition, RevocationLog } from './revocation-log.js';

const PAGE_ROWS = 500;

/** Readers at one position. */
interface Ask {
  readonly from: FeedPosition | null;
  readonly page: Promise<FeedPage>;
  readonly answer: (page: Promise<FeedPage>) => void;
}

/**
 * One statement for all readers of this process that ask at once for the same audiences from the same position: a
 * revocation wakes them together. None joins a read that has begun, whose snapshot may be older than what woke it. Those
 * at other positions then read up to that very snapshot, so that from then on all are at the same.
 */
export class SharedReads {
  private readonly asked = new Map<string, Map<string, Ask>>();

  constructor(private readonly log: RevocationLog) {}

  /** What was not told up to `from`: the same object for all who share it. */
  read(audiences: readonly string[], from: FeedPosition | null): Promise<FeedPage> {
    const group = JSON.stringify(audiences);
    const asks = this.asked.get(group) ?? this.gather(group, audiences);
    const key = JSON.stringify(from);
    const ask = asks.get(key) ?? newAsk(from);
    asks.set(key, ask);
    return ask.page;
  }

  private gather(group: string, audiences: readonly string[]): Map<string, Ask> {
    const asks = new Map<string, Ask>();
    this.asked.set(group, asks);
    setImmediate(() => {
      this.asked.delete(group);
      void this.answerAll(audiences, [...asks.values()]);
    });
    return asks;
  }

  private async answerAll(audiences: readonly string[], [first, ...others]: readonly Ask[]): Promise<void> {
    if (first === undefined) return;
    first.answer(this.log.read(audiences, first.from, PAGE_ROWS));
    const upTo = await first.page.then(
      ({ caughtUp, position }) => (caughtUp ? position.since : null),
      () => null,
    );
    for (const { from, answer } of others) answer(this.upTo(audiences, from, upTo));
  }

  /** The same up to a snapshot that was taken after the reader asked; with `null` up to now. */
  private async upTo(
    audiences: readonly string[],
    from: FeedPosition | null,
    snapshot: string | null,
  ): Promise<FeedPage> {
    if (snapshot === null || from === null || from.since === null || from.within !== undefined)
      return this.log.read(audiences, from, PAGE_ROWS);
    const within = { upTo: snapshot, txid: '0', seq: '0' };
    const page = await this.log.read(audiences, { since: from.since, within }, PAGE_ROWS);
    const whole = page.position.since === snapshot && page.position.within === undefined;
    return whole ? { ...page, caughtUp: true } : page;
  }
}

function newAsk(from: FeedPosition | null): Ask {
  let answer: Ask['answer'] = () => undefined;
  const page = new Promise<FeedPage>((resolve) => (answer = resolve));
  return { from, page, answer };
}
