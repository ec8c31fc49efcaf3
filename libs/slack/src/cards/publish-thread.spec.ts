import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EventRow } from '#escalations/watch/history.js';
import type { StoredCard, PendingEvent } from '../ports.js';
import { publishThread, type ThreadDeps } from './publish-thread.js';
import type { Posted } from '../send/slack-gateway.js';
import { ThreadsInMemory } from '../testing/threads-in-memory.js';
import type { CardMessage } from '../views/card/approval-card.view.js';
import { threadLine, threadMessage } from '../views/thread-line.js';

const CARD: StoredCard = {
  cardId: 'card-1',
  escalationId: 'esc_1',
  digest: 'd',
  channel: 'C1',
  ts: '1.1',
  version: 1,
  minor: 0,
};

function event(type: string, data: Record<string, unknown> = {}, more: Partial<PendingEvent> = {}): PendingEvent {
  const actor = { kind: 'person', id: 'bob' };
  const row = { seq: '1', id: `evt_${type}`, at: 0, type, actor, escalation: 'esc_1', grant: null, agent: 'a', data };
  return { event: row as EventRow, nth: 1, refusedUses: 0, ...more };
}

let threads: ThreadsInMemory;
let posts: { channel: string; threadTs: string | undefined; text: string }[];
let answers: Posted[];
let deps: ThreadDeps;
let cards: StoredCard[];

beforeEach(() => {
  threads = new ThreadsInMemory([
    event('vote.recorded', { verdict: 'approve', via: 'slack', limits: null, reason: null }).event,
    event('token.minted').event,
  ]);
  posts = [];
  answers = [];
  cards = [CARD];
  const post = async (channel: string, message: CardMessage, threadTs?: string): Promise<Posted> => {
    const answer = answers.shift() ?? { kind: 'ok', ts: `9.${posts.length}` };
    if (answer.kind === 'ok') posts.push({ channel, threadTs, text: message.text });
    return answer;
  };
  deps = { cards: { listByEscalation: async () => cards }, threads, slack: { post }, nameOf: (id) => id };
});

describe('the thread under a card', () => {
  it('is told each thing once, in order, under the card', async () => {
    expect(await publishThread(deps, 'esc_1')).toBeNull();
    expect(await publishThread(deps, 'esc_1')).toBeNull();
    expect(posts).toEqual([
      { channel: 'C1', threadTs: '1.1', text: 'bob approved' },
      { channel: 'C1', threadTs: '1.1', text: 'The agent collected the grant: the clock runs.' },
    ]);
  });

  it('goes on where Slack broke off, as long as Slack says later', async () => {
    answers = [
      { kind: 'ok', ts: '9.1' },
      { kind: 'rate_limited', retryAfterSeconds: 30 },
    ];
    expect(await publishThread(deps, 'esc_1')).toBe(30);
    expect(threads.isLeased('card-1')).toBe(false);
    expect(await publishThread(deps, 'esc_1')).toBeNull();
    expect(posts.map((post) => post.text)).toEqual(['bob approved', 'The agent collected the grant: the clock runs.']);
  });

  it('is left to the worker that speaks there', async () => {
    await threads.claim('card-1', 60);
    expect(await publishThread(deps, 'esc_1')).toBe(1);
    expect(posts).toEqual([]);
  });

  it('waits for its card, and says nothing in a channel that is gone', async () => {
    cards = [{ ...CARD, ts: null }];
    expect(await publishThread(deps, 'esc_1')).toBeNull();
    cards = [CARD];
    answers = [{ kind: 'gone', error: 'is_archived' }];
    expect(await publishThread(deps, 'esc_1')).toBeNull();
    expect(posts).toEqual([]);
  });
});

describe('a line of a thread', () => {
  const place = { channel: 'C1', nameOf: (id: string) => (id === 'bob' ? 'Bob' : id) };
  const words = (news: PendingEvent) => threadLine(news, place)?.words;

  it('names people, and quotes what they wrote', () => {
    const line = threadLine(event('vote.recorded', { verdict: 'deny', via: 'rest', reason: '<!channel> no' }), place);
    expect(line).toEqual({ words: 'Bob denied in the console or over REST', quoted: '<!channel> no' });
    const { text, blocks, metadata } = threadMessage(line as NonNullable<typeof line>, 'evt_1');
    expect(text).toBe('Bob denied in the console or over REST');
    expect(blocks).toMatchObject([
      { text: { type: 'plain_text', emoji: false, text: expect.stringContaining('│ <!channel> no') } },
    ]);
    expect(JSON.stringify(metadata)).not.toContain('esc_');
  });

  it('tells five refused uses, then that the rest are counted, and the count at the end', () => {
    const refused = (nth: number) => event('token.use_refused', { action: 'refund.create', code: 'used_up' }, { nth });
    expect(words(refused(5))).toContain('refund.create (used up)');
    expect(words(refused(6))).toContain('More uses were refused');
    expect(words(event('grant.completed', { end_reason: 'done' }, { refusedUses: 9 }))).toBe(
      'The grant ended: the agent finished its task. 9 uses were refused.',
    );
  });

  it('does not repeat what was written in the same thread', () => {
    const comment = (channel: string) => event('comment.added', { via: 'slack', channel, text: 'Why now?' });
    expect(threadLine(comment('C1'), place)).toBeNull();
    expect(threadLine(comment('C2'), place)).toEqual({ words: 'Bob wrote elsewhere in Slack:', quoted: 'Why now?' });
  });
});
