import { describe, expect, it } from '@jest/globals';
import { approvalCard } from './approval-card.view.js';
import { consoleLink, type WritBlock } from '../block-kit.js';
import { bareCalls, type Asked } from './calls.fixture.js';
import { cardParts, foldingOf } from './card-folding.js';
import type { ApprovalCardModel } from './card-model.js';
import { denyModal } from '../deny-modal.view.js';
import { detailsModal } from '../details-modal.view.js';
import { limitsModal } from '../limits-modal.view.js';
import { SAMPLE_CARD } from './sample-card.fixture.js';

const said = (view: unknown): string => JSON.stringify(view);
const cardOf = (changes: Partial<ApprovalCardModel>): string => said(approvalCard({ ...SAMPLE_CARD, ...changes }));
const evidence = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    title: `Item ${n}`,
    url: `https://tickets.example/${'x'.repeat(80)}${n}`,
  }));

const foldingWith = (changes: Partial<ApprovalCardModel>) => foldingOf(cardParts({ ...SAMPLE_CARD, ...changes }));

describe('what a card shows beside the request', () => {
  it('is on whose behalf the agent asks', () => {
    const onBehalfOf = [{ iss: 'https://idp.example', sub: 'erin' }];
    expect(cardOf({ agent: { ...SAMPLE_CARD.agent, onBehalfOf } })).toContain('Support bot, on behalf of erin, wants');
  });

  it('keeps the subject of a delegation out of the one text that is not plain', () => {
    const onBehalfOf = [{ iss: 'https://idp.example', sub: '*erin*' }];
    const { text } = approvalCard({ ...SAMPLE_CARD, agent: { ...SAMPLE_CARD.agent, onBehalfOf } });
    expect(text).not.toContain('erin');
  });

  it('is what the agent was granted lately and how the same ask ended before', () => {
    const recent = [{ action: 'refund.create', resource: 'https://payments.example', count: 3, lastAtSeconds: 9 }];
    const last = { status: 'denied' as const, atSeconds: 1_700_000_000 };
    const card = cardOf({ record: { recent, sameAsk: { approved: 2, denied: 1, last } } });
    expect(card).toContain('Granted in the last 24 hours: refund.create on https://payments.example × 3');
    expect(card).toContain('The same ask before: approved 2, denied 1, last denied');
    expect(card).toContain('last <!date^1700000000^');
  });

  it('is who is asked next, and when', () => {
    const card = cardOf({ next: { groups: ['payments-leads'], atSeconds: 1_700_000_720 } });
    expect(card).toContain('Then asked: payments-leads');
    expect(card).toContain('at <!date^1700000720^');
  });

  it('is that a kill switch ended an approval, before the decision and after it', () => {
    const decidedBy = [{ name: 'Bob', verdict: 'approve' as const, atSeconds: 1, ended: true }];
    for (const status of ['pending', 'lapsed'] as const)
      expect(cardOf({ status, decidedBy })).toContain('Bob approved; ended by a kill switch');
  });

  it('is what earlier voters said and cut, in the card and in both modals', () => {
    const decidedBy = [
      {
        name: 'Bob',
        verdict: 'approve' as const,
        atSeconds: 1,
        reason: 'Two minutes\nare enough.',
        cuts: [{ field: 'ttl' as const, asked: 300, granted: 120 }],
      },
    ];
    const card = { ...SAMPLE_CARD, decidedBy };
    for (const view of [approvalCard(card), detailsModal(card), limitsModal(card)])
      for (const part of [
        'Bob approved for less',
        'Less ttl: asked 300, granted 120',
        '│ Two minutes',
        '│ are enough.',
      ])
        expect(said(view)).toContain(part);
  });

  it('links to the console and nowhere else', () => {
    const urls = said(approvalCard({ ...SAMPLE_CARD, evidence: evidence(2) })).match(/"url":"[^"]*"/g);
    expect(urls).toEqual([`"url":"${SAMPLE_CARD.consoleUrl}"`]);
    expect(cardOf({ consoleUrl: null })).not.toContain('"url"');
    const decided = cardOf({ status: 'denied', evidence: evidence(2) });
    expect(decided.match(/<http[^>]*>/g)).toEqual([`<${SAMPLE_CARD.consoleUrl}|Open in console>`]);
    expect(decided).not.toContain('"url"');
    for (const url of ['https://writ.example/a|b', 'https://writ.example/<x>', 'javascript:alert(1)', 'https://a b'])
      expect(() => consoleLink(url)).toThrow('only a plain address');
  });
});

describe('the number of a call', () => {
  const lines = (view: { readonly blocks: readonly WritBlock[] }): string[] =>
    view.blocks.flatMap((block) => (block.type === 'section' && 'text' in block ? [block.text.text] : []));

  it('is its place in what is shown, the same on the card, in Details and in both forms', () => {
    for (const make of [approvalCard, detailsModal, limitsModal, denyModal]) {
      const view = make(SAMPLE_CARD);
      const text = lines(view).join('\n');
      expect(text).toContain(
        '1. Refund 40.00 EUR for order 8812\nrefund.create [HIGH] · identifier: order/8812 · amount 4000 (40.00 EUR)',
      );
      expect(text).toContain('2. payment.read [LOW] · identifier: order/8812\nno arguments');
      expect(text.indexOf('1. Refund')).toBeLessThan(text.indexOf('2. payment.read'));
    }
  });

  it('stands over its boxes in that form, with identifier and arguments, the most dangerous first', () => {
    const { blocks } = limitsModal(SAMPLE_CARD);
    const boxes = blocks.flatMap((block, at) => {
      if (block.type !== 'input' || !block.block_id.startsWith('element_')) return [];
      return [[block.block_id, block.label.text, lines({ blocks: blocks.slice(at - 1, at) }).join()]];
    });
    expect(boxes).toEqual([
      ['element_1', 'Call 1', expect.stringContaining('amount 4000 (40.00 EUR), order "8812"')],
      ['element_0', 'Call 2', '2. payment.read [LOW] · identifier: order/8812\nno arguments'],
    ]);
  });
});

describe('how a request ended', () => {
  const ended = (changes: Partial<ApprovalCardModel>): string => cardOf({ status: 'denied', ...changes });
  const ending = { by: null, cause: null, atSeconds: 1_700_000_300 };
  const approved = { name: 'Bob', verdict: 'approve' as const, atSeconds: 1, reason: 'Fine with me.' };

  it('names the operator who denied it without a vote, and the reason beside an earlier approver’s note', () => {
    const card = ended({
      ending: { ...ending, by: 'Olga' },
      denialReason: 'The agent runs wild.',
      decidedBy: [approved],
    });
    for (const part of ['Olga denied', '<!date^1700000300^', 'Reason:\\n│ The agent runs wild.', '│ Fine with me.'])
      expect(card).toContain(part);
    expect(card).not.toContain('Decided by policy');
  });

  it('says policy where no person denied it, and says a voter’s reason once', () => {
    expect(ended({ ending, denialReason: 'No rule.' })).toContain('Decided by policy');
    const vote = { name: 'Carol', verdict: 'deny' as const, atSeconds: 1, reason: 'No ticket.' };
    const card = ended({ ending: { ...ending, by: 'Carol' }, denialReason: 'No ticket.', decidedBy: [vote] });
    expect(card.match(/No ticket\./g)).toHaveLength(1);
    expect(card.match(/Carol denied/g)).toHaveLength(1);
  });

  it.each([
    ['cancelled_by_agent', 'Cancelled by the agent'],
    ['agent_suspended', 'Cancelled: the agent was suspended'],
    ['task_killed', 'Cancelled: the task was ended'],
    ['restored', 'Cancelled: the database was restored'],
    ['parent_ended', 'Cancelled: the grant it came from ended'],
    ['toString', 'Cancelled'],
    [null, 'Cancelled'],
  ])('by %s is headed «%s»', (cause, words) => {
    const card = approvalCard({ ...SAMPLE_CARD, status: 'cancelled', ending: { ...ending, cause } });
    expect(said(card)).toContain(`"${words} · HIGH"`);
    expect(card.text).toMatch(new RegExp(`^${words} \\(high\\)`));
  });
});

describe('where policy wants the console', () => {
  it.each([
    ['console_passkey', 'Approve with a passkey'],
    ['console', 'Approve in the console'],
  ] as const)('%s: Approve is a link, less is not offered, Deny stays', (approveIn, words) => {
    const { blocks } = approvalCard({ ...SAMPLE_CARD, approveIn });
    const buttons = blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
    expect(buttons.map((button) => button.action_id)).toEqual(['writ_console', 'writ_deny', 'writ_details']);
    expect(buttons[0]).toMatchObject({ url: SAMPLE_CARD.consoleUrl, text: { text: words }, style: 'primary' });
  });
});

describe('Revoke now', () => {
  const decided = (status: 'ready' | 'active' | 'revoked') =>
    cardOf({ status: 'approved', grant: { status, endReason: null, endedAtSeconds: null } });

  it('is on a card while its grant lives, with a question', () => {
    for (const status of ['ready', 'active'] as const) {
      expect(decided(status)).toContain('"action_id":"writ_revoke"');
      expect(decided(status)).toContain('Revoke this grant?');
    }
    expect(decided('revoked')).not.toContain('writ_revoke');
  });
});

describe('a card is folded', () => {
  it('not by an ordinary request with a little evidence', () => {
    expect(foldingWith({ evidence: evidence(3) })).toBeNull();
    expect(cardOf({ evidence: evidence(3) })).toContain('│ Evidence: Item 2, https://tickets.example/');
  });

  it.each<readonly [string, Partial<ApprovalCardModel>]>([
    ['long arguments', { calls: bareCalls([{ actions: [['a', 'low']], arguments: { text: 'x'.repeat(3_000) } }]) }],
    [
      'many elements',
      {
        calls: bareCalls(
          Array.from({ length: 20 }, (_, n) => ({
            actions: [[`read.something.${n}`, 'low']],
            identifier: `some/${'long'.repeat(20)}/${n}`,
            arguments: {},
          })),
        ),
      },
    ],
    ['a long justification', { justification: 'x'.repeat(301) }],
    ['much evidence', { evidence: evidence(10) }],
    ['a long reason of a policy', { whyYou: { ...SAMPLE_CARD.whyYou, because: 'x'.repeat(801) } }],
  ])('by %s, and says so', (_what, changes) => {
    expect(foldingWith(changes)).toBe('hidden');
    expect(cardOf(changes)).toMatch(/opens in Details/);
    expect(cardOf(changes)).toContain('An approval counts from whoever has opened them.');
  });

  it('leaves the most dangerous call on the first screen', () => {
    const harmless = Array.from({ length: 19 }, (_, n): Asked => ({
      actions: [[`read.${n}`, 'low']],
      identifier: 'x'.repeat(100),
      arguments: {},
    }));
    const calls = bareCalls([...harmless, { actions: [['wipe', 'high']] }]);
    expect(cardOf({ calls })).toContain('1. wipe [HIGH]');
  });
});

describe('what Slack might fold behind "See more"', () => {
  const calls = (count: number, given: Record<string, string> = {}) =>
    bareCalls(
      Array.from({ length: count }, (_, n) => ({
        actions: [['refund.create', 'high']],
        identifier: `order/${n}`,
        arguments: given,
      })),
    );

  it('is asked to stand open: every section of every view', () => {
    const card = { ...SAMPLE_CARD, calls: calls(12) };
    const decided = {
      ...card,
      status: 'approved' as const,
      grant: { status: 'ready' as const, endReason: null, endedAtSeconds: null },
    };
    for (const view of [
      approvalCard(card),
      approvalCard(decided),
      detailsModal(card),
      limitsModal(card),
      denyModal(card),
    ]) {
      const sections = view.blocks.filter((block) => block.type === 'section');
      expect(sections.length).toBeGreaterThan(0);
      expect(sections.filter((section) => section.expand !== true)).toEqual([]);
    }
  });

  it.each<readonly [string, Partial<ApprovalCardModel>]>([
    ['twelve calls', { calls: calls(12) }],
    ['three calls', { calls: calls(3) }],
    ['one call with long arguments', { calls: calls(1, { text: 'x'.repeat(600) }) }],
    [
      'a long chain',
      {
        agent: {
          ...SAMPLE_CARD.agent,
          onBehalfOf: Array.from({ length: 4 }, () => ({ iss: 'https://i.example/'.padEnd(120, 'x'), sub: 's' })),
        },
      },
    ],
    [
      'seven gates',
      { gates: Array.from({ length: 7 }, (_, n) => ({ group: `g${n}`, quorum: 1, approved: 0, approvers: [] })) },
    ],
  ])('needs Details all the same: %s', (_what, changes) => {
    expect(foldingWith(changes)).toBe('long');
    expect(cardOf(changes)).not.toMatch(/opens in Details/);
    expect(cardOf(changes)).toContain('Slack may fold a request this long.');
  });

  it('does not begin with two short calls', () => {
    expect(foldingWith({ calls: calls(2) })).toBeNull();
  });
});
