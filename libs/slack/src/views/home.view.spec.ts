import { describe, expect, it } from '@jest/globals';
import { saidCalls } from './card/calls.fixture.js';
import { commandAnswer } from './command-answer.view.js';
import { listAnswer } from './list-answer.view.js';
import { HOME_LINES_MAX, homeView, refusedHome, unlinkedHome, type HomeModel } from './home.view.js';

const HOSTILE = '<!channel> *bold* `code` <https://evil.example|click> \u202Eevil &amp; <@U0001>';
const ASK = {
  escalationId: 'esc_01KAMZ0000000000000000000A',
  agent: { id: 'support-bot', name: HOSTILE },
  calls: saidCalls([
    { actions: [['refund.create', 'high']], identifier: HOSTILE, arguments: { order: HOSTILE, amount: 4000 } },
    { actions: [['refund.read', 'low']] },
  ]),
  resource: HOSTILE,
  consoleUrl: 'https://writ.example/escalations/esc_01KAMZ0000000000000000000A',
};
const list = <T>(item: T, more = false) => ({ items: Array.from({ length: HOME_LINES_MAX }, () => item), more });
const MODEL: HomeModel = {
  name: HOSTILE,
  notice: HOSTILE,
  pending: list(
    { ...ASK, risk: 'high' as const, ttl: 300, maxUses: 1, decideBeforeSeconds: 1_800_000_000, folded: 2 },
    true,
  ),
  live: list({
    ...ASK,
    grantId: 'grt_01KAMZ0000000000000000000A',
    status: 'active' as const,
    endsBeforeSeconds: 1_800_000_000,
    mayRevoke: true,
  }),
  decided: list({ ...ASK, verdict: 'approve' as const, status: 'active', atSeconds: 1_800_000_000 }),
  consoleUrl: 'https://writ.example/',
  updatedAtSeconds: 1_800_000_000,
};

const LINK = '<https://writ.example/escalations/esc_01KAMZ0000000000000000000A|Open in console>';

interface Leaf {
  readonly type: string;
  readonly text: string;
  readonly emoji?: boolean;
}

const leaves = (value: unknown): Leaf[] => {
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (typeof value !== 'object' || value === null) return [];
  const leaf = value as Leaf;
  return typeof leaf.type === 'string' && typeof leaf.text === 'string' ? [leaf] : Object.values(value).flatMap(leaves);
};

describe('the Home tab', () => {
  it('fits into a view with every list full', () => {
    expect(homeView(MODEL).blocks.length).toBeLessThanOrEqual(100);
  });

  it('offers details, the console and Revoke, and no approval', () => {
    const actions = [...new Set(JSON.stringify(homeView(MODEL)).match(/writ_home_\w+/g))].sort();
    expect(actions).toEqual(['writ_home_details', 'writ_home_open', 'writ_home_revoke']);
    expect(JSON.stringify(homeView(MODEL))).not.toContain('writ_approve');
  });

  it('says what each request is about in the operator’s sentence and exactly', () => {
    const [pending] = MODEL.pending.items;
    const calls = MODEL.pending.items[0]!.calls.slice(0, 1);
    const alone = { ...pending!, agent: { id: 'support-bot', name: 'Support bot' }, resource: 'Payments', calls };
    for (const view of [homeView, listAnswer])
      expect(JSON.stringify(view({ ...MODEL, pending: list(alone) }))).toMatch(
        /HIGH · Support bot: Refund 40\.00 EUR for order “.*amount 4000 \(40\.00 EUR\), order /,
      );
  });

  it('answers /writ list within the blocks of a message, with a link for each request', () => {
    const { blocks } = listAnswer(MODEL);
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(leaves(blocks).filter(({ text }) => text === LINK)).toHaveLength(2 * HOME_LINES_MAX);
  });

  it('asks before it revokes', () => {
    expect(JSON.stringify(homeView(MODEL))).toContain('Revoke this grant?');
  });

  it('has no Revoke for whoever may not', () => {
    const live = list({ ...MODEL.live.items[0]!, mayRevoke: false });
    expect(JSON.stringify(homeView({ ...MODEL, live }))).not.toContain('writ_home_revoke');
  });

  it('shows every text of others as plain text, and mrkdwn only for clocks and links to the console', () => {
    const views = [homeView(MODEL), refusedHome(HOSTILE), commandAnswer([HOSTILE], [HOSTILE]), listAnswer(MODEL)];
    for (const view of views) {
      const markup = leaves(view.blocks).filter((leaf) => leaf.type !== 'plain_text');
      expect(
        markup.every(({ text }) =>
          /^(LINK|[A-Za-z ]+ <!date\^\d+\^[^|<>]*\|[^|<>]*>)$/.test(text.replace(LINK, 'LINK')),
        ),
      ).toBe(true);
      expect(leaves(view.blocks).filter((leaf) => leaf.type === 'plain_text' && leaf.emoji !== false)).toEqual([]);
      expect(JSON.stringify(view)).not.toContain('\u202E');
    }
  });

  it('says what to do when nothing is there', () => {
    const empty = { items: [], more: false };
    const text = JSON.stringify(homeView({ ...MODEL, notice: null, pending: empty, live: empty, decided: empty }));
    expect(text).toContain('Nothing waits for you.');
    expect(text).toContain('You have decided nothing yet.');
  });

  it('tells an account that is nobody’s how to become somebody’s, and shows a code only when there is one', () => {
    const account = { notice: null, accountUrl: 'https://writ.example/account' };
    expect(JSON.stringify(unlinkedHome({ ...account, code: null }))).toContain('Get a code');
    expect(JSON.stringify(unlinkedHome({ ...account, code: null }))).not.toContain('Your code');
    expect(JSON.stringify(unlinkedHome({ ...account, code: '7QK2-M0ZB-94TR' }))).toContain('7QK2-M0ZB-94TR');
  });
});
