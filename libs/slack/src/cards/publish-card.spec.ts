import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Posting } from './card-turns.js';
import type { StoredCard, TurnEnd } from '../ports.js';
import { type LoadedCard, publishCard, type PublishDeps } from './publish-card.js';
import type { SlackFault } from '../send/slack-fault.js';
import { CardsInMemory } from '../testing/cards-in-memory.js';
import type { CardMessage } from '../views/card/approval-card.view.js';
import { SAMPLE_CARD } from '../views/card/sample-card.fixture.js';

const escalationId = SAMPLE_CARD.escalationId;

/** A channel that remembers what each message shows; `during` runs while a call is under way. */
class SlackInMemory {
  readonly messages = new Map<string, string>();
  faults: SlackFault[] = [];
  during: () => Promise<unknown> = async () => undefined;
  calls = 0;

  async post(channel: string, message: CardMessage) {
    const fault = await this.begin();
    if (fault !== null) return fault;
    const ts = `${channel}.${this.messages.size + 1}`;
    this.messages.set(ts, message.text);
    return { kind: 'ok' as const, ts };
  }
  async update(_: string, ts: string, message: CardMessage) {
    const fault = await this.begin();
    if (fault !== null) return fault;
    this.messages.set(ts, message.text);
    return { kind: 'ok' as const };
  }
  private async begin(): Promise<SlackFault | null> {
    this.calls += 1;
    const { during } = this;
    this.during = async () => undefined;
    await during();
    return this.faults.shift() ?? null;
  }
}

let cards: CardsInMemory;
let slack: SlackInMemory;
let truth: LoadedCard | null;
let deps: PublishDeps;
let ends: TurnEnd[];
/** Every turn comes at once, unless the card is under another's lease. */
const posting: Posting = {
  turnOf: (card) => cards.claim(card.cardId, 20),
  end: async (_card, end) => void ends.push(end),
  waitSeconds: async () => 4,
};
const pending: LoadedCard = { model: SAMPLE_CARD, version: 1, minor: 0, channels: ['C1'] };
const denied: LoadedCard = { ...pending, model: { ...SAMPLE_CARD, status: 'denied' }, version: 2 };

beforeEach(() => {
  cards = new CardsInMemory();
  slack = new SlackInMemory();
  truth = pending;
  ends = [];
  deps = { cards, slack, loadCardModel: async () => truth, posting };
});

const cardIn = async (channel: string): Promise<StoredCard> =>
  (await cards.listByEscalation(escalationId)).find((card) => card.channel === channel)!;
const publish = () => publishCard(deps, escalationId);
const outcomes = async () => (await publish()).outcomes.map((done) => done.outcome);
const shown = () => [...slack.messages.values()].map((text) => text.split(' ')[0]);

describe('publishing a card', () => {
  it('shows a decision that fell while the first message was under way', async () => {
    slack.during = async () => {
      truth = denied;
      expect(await outcomes()).toEqual([]);
    };
    expect(await outcomes()).toEqual(['posted', 'updated']);
    expect(shown()).toEqual(['Denied']);
    expect(await cardIn('C1')).toMatchObject({ ts: 'C1.1', version: 2 });
  });

  it('posts once in each channel and records what is shown', async () => {
    truth = { ...pending, channels: ['C1', 'C2', 'C1'] };
    expect(await outcomes()).toEqual(['posted', 'posted']);
    expect(await cardIn('C1')).toMatchObject({ ts: 'C1.1', version: 1, digest: SAMPLE_CARD.digest });
  });

  it('does nothing for a doubled or late job', async () => {
    await publish();
    expect(await outcomes()).toEqual(['current']);
    truth = denied;
    await publish();
    truth = pending;
    expect(await outcomes()).toEqual(['current']);
    expect(shown()).toEqual(['Denied']);
    expect(slack.calls).toBe(2);
  });

  it('rewrites the card in place when the escalation moved on, also in a channel that is no longer asked', async () => {
    await publish();
    truth = { ...denied, channels: [] };
    expect(await outcomes()).toEqual(['updated']);
    expect(shown()).toEqual(['Denied']);
  });

  it('rewrites the card when only what is around the request has changed, and never back', async () => {
    await publish();
    truth = { ...pending, minor: 2 };
    expect(await outcomes()).toEqual(['updated']);
    truth = { ...pending, minor: 1 };
    expect(await outcomes()).toEqual(['current']);
    expect(await cardIn('C1')).toMatchObject({ version: 1, minor: 2 });
  });

  it('rewrites a message that somebody has seen show an older state than our record says', async () => {
    await publish();
    truth = denied;
    await publish();
    // Slack carries out a call of old whose answer was given up long ago.
    slack.messages.set('C1.1', 'Access');
    expect(await outcomes()).toEqual(['current']);
    await cards.mistrust({ channel: 'C1', ts: 'C1.1' });
    expect(await outcomes()).toEqual(['updated']);
    expect(shown()).toEqual(['Denied']);
  });

  it('speaks about one card alone in the turn of that card', async () => {
    truth = { ...pending, channels: ['C1', 'C2'] };
    await publish();
    truth = { ...denied, channels: ['C1', 'C2'] };
    const { cardId } = await cardIn('C2');
    deps = { ...deps, posting: { ...posting, onlyCard: cardId } };
    expect((await publish()).outcomes).toEqual([{ channel: 'C2', cardId, outcome: 'updated' }]);
    expect(shown()).toEqual(['Access', 'Denied']);
  });

  it('takes a decision for newer than any number of changes around the request', async () => {
    truth = { ...pending, minor: 100 };
    await publish();
    truth = { ...denied, minor: 97 };
    expect(await outcomes()).toEqual(['updated']);
    expect(shown()).toEqual(['Denied']);
  });

  it('posts nothing about a request that nobody needs to decide', async () => {
    truth = denied;
    expect(await outcomes()).toEqual([]);
    truth = null;
    expect(await publish()).toEqual({ outcomes: [], retryAfterSeconds: null, inTurn: false });
    expect(slack.calls).toBe(0);
  });

  it('lets one of two workers post; the other comes back and finds it done', async () => {
    let second: Awaited<ReturnType<typeof publish>> | null = null;
    slack.during = async () => (second = await publish());
    expect(await outcomes()).toEqual(['posted']);
    expect(second).toMatchObject({ outcomes: [{ outcome: 'waiting' }], retryAfterSeconds: 4, inTurn: true });
    expect(await outcomes()).toEqual(['current']);
    expect(slack.messages.size).toBe(1);
  });

  it('never lets an older rendering end on top when a worker overran its lease', async () => {
    await publish();
    truth = { ...pending, version: 2 };
    slack.during = async () => {
      cards.pass(21);
      truth = { ...denied, version: 3 };
      await publish();
    };
    expect(await outcomes()).toEqual(['busy']);
    expect(shown()).toEqual(['Denied']);
    expect(await cardIn('C1')).toMatchObject({ version: 3 });
  });

  it('disarms its own copy when it overran its lease while posting', async () => {
    slack.during = async () => {
      cards.pass(21);
      await publish();
    };
    expect(await outcomes()).toEqual(['busy']);
    expect(shown()).toEqual(['Access', 'This']);
    expect(await cardIn('C1')).toMatchObject({ ts: 'C1.1' });
  });

  it('comes back after a rate limit or a lost answer, at once free for the next worker', async () => {
    slack.faults = [
      { kind: 'rate_limited', retryAfterSeconds: 30 },
      { kind: 'unavailable', error: 'x', maybeDone: true },
    ];
    expect(await publish()).toMatchObject({ retryAfterSeconds: 30, inTurn: false });
    expect(await publish()).toMatchObject({ retryAfterSeconds: 1, inTurn: false });
    expect(await outcomes()).toEqual(['posted']);
    expect(ends).toEqual([
      { posted: false, restSeconds: 30, holdSeconds: 0 },
      { posted: false, restSeconds: expect.any(Number), holdSeconds: 3 },
      { posted: true, restSeconds: expect.any(Number), holdSeconds: 0 },
    ]);
  });

  it('gives up on a channel that is gone, and still serves the others', async () => {
    truth = { ...pending, channels: ['C1', 'C2'] };
    slack.faults = [{ kind: 'gone', error: 'is_archived' }];
    const report = await publish();
    expect(report.outcomes.map((done) => done.outcome)).toEqual(['failed', 'posted']);
    expect(report.retryAfterSeconds).toBeNull();
    expect(ends[0]).toEqual({ posted: false, restSeconds: 0, holdSeconds: 600 });
  });
});
