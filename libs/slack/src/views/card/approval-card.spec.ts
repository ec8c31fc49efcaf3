import { describe, expect, it } from '@jest/globals';
import { approvalCard } from './approval-card.view.js';
import type { WritBlock } from '../block-kit.js';
import { bareCalls, saidCalls } from './calls.fixture.js';
import type { ApprovalCardModel } from './card-model.js';
import { leaves, texts } from '../leaves.fixture.js';
import { ONE_CALL, SAMPLE_CARD } from './sample-card.fixture.js';

const actionIds = (blocks: readonly WritBlock[]) =>
  blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map((button) => button.action_id) : []));
const confirmOf = (card: ApprovalCardModel) =>
  leaves(approvalCard(card).blocks).find((leaf) => leaf.path.endsWith('/confirm/text'))?.text ?? '';

describe('the approval card', () => {
  const whole = texts(approvalCard(SAMPLE_CARD).blocks).join('\n');

  it('says what is asked, exactly, and why, then the buttons, and below them the small print and the agent’s words', () => {
    const order = [
      'Access request · HIGH',
      'Support bot wants 2 calls on Payments for 5 minutes, 1 use',
      '1. Refund 40.00 EUR for order 8812',
      'refund.create [HIGH] · identifier: order/8812 · amount 4000 (40.00 EUR), order "8812"',
      'payments-oncall: 0 of 2 · because refunds-need-the-oncall: "Refunds move money."',
      'Approve',
      'Details',
      'support-bot, owner Alice',
      'https://payments.example, prod, restricted',
      'digest 7fe46c5507d9',
      'Written by the agent — not verified',
      '│ Task run-77, ticket OPS-1: Refund order 8812',
      '│ The customer was charged twice.',
      '│ Evidence: Ticket, https://tickets.example/OPS-1',
    ].map((part) => whole.indexOf(part));
    expect(order.filter((at) => at < 0)).toEqual([]);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('has the operator’s sentence of its one call as its first line', () => {
    expect(texts(approvalCard(ONE_CALL).blocks).slice(1, 3)).toEqual([
      'Support bot wants: Refund 40.00 EUR for order 8812 on Payments for 5 minutes, 1 use',
      '1. refund.create [HIGH] · identifier: order/8812\narguments: amount 4000 (40.00 EUR), order "8812"',
    ]);
  });

  it('says nothing twice: neither who asks nor where nor for how long', () => {
    const lines = leaves(approvalCard(ONE_CALL).blocks)
      .filter(({ path }) => !path.includes('/confirm/'))
      .map(({ text }) => text)
      .join('\n');
    for (const once of ['Support bot', 'support-bot', 'https://payments.example', '5 minutes,', 'Alice', 'prod'])
      expect([once, lines.split('Written by')[0]?.split(once).length]).toEqual([once, 2]);
  });

  it('is short: few rows above the buttons, few blocks below, and fewer once it is decided', () => {
    const rowsOf = (blocks: readonly WritBlock[]) =>
      texts(blocks)
        .flatMap((text) => text.split('\n'))
        .reduce((sum, line) => sum + Math.ceil(line.length / 90), 0);
    const parted = (card: ApprovalCardModel) => {
      const { blocks } = approvalCard(card);
      const at = blocks.findIndex((block) => block.type === 'actions');
      return [rowsOf(blocks.slice(0, at)), blocks.length - at - 1];
    };
    expect(parted(ONE_CALL)).toEqual([5, 4]);
    const three = saidCalls(
      [1, 2, 3].map((n) => ({
        actions: [['refund.create', 'high']],
        identifier: `order/${n}`,
        arguments: { order: `${n}`, amount: n },
      })),
    );
    expect(parted({ ...SAMPLE_CARD, calls: three })).toEqual([10, 4]);
    const grant = { status: 'ready' as const, endReason: null, endedAtSeconds: null };
    const granted = { ttl: 300, max_uses: 1, cuts: [] };
    expect(approvalCard({ ...ONE_CALL, status: 'approved', granted, grant }).blocks).toHaveLength(3);
  });

  it('names the most dangerous call first and says when a member is left free', () => {
    expect(whole.indexOf('refund.create [HIGH]')).toBeLessThan(whole.indexOf('payment.read [LOW]'));
    const free = { ...SAMPLE_CARD, calls: saidCalls([{ actions: [['refund.create', 'high']] }]) };
    const said = texts(approvalCard(free).blocks).join('\n');
    for (const part of ['Refund ANY Amount for order ANY Order', 'identifier: ANY', 'arguments: ANY'])
      expect(said).toContain(part);
  });

  it('offers approve, less, deny and details, each carrying the card’s id and nothing else, and the console', () => {
    const { blocks } = approvalCard(SAMPLE_CARD);
    expect(actionIds(blocks)).toEqual(['writ_approve', 'writ_limits', 'writ_deny', 'writ_details', 'writ_console']);
    const values = blocks.flatMap((block) =>
      block.type === 'actions' ? block.elements.flatMap((button) => ('value' in button ? [button.value] : [])) : [],
    );
    expect(new Set(values)).toEqual(new Set(['card-3f1c']));
  });

  it('repeats the exact call in the confirmation', () => {
    expect(confirmOf(ONE_CALL)).toBe(
      'Support bot: Refund 40.00 EUR for order 8812 on Payments, for 5 minutes once collected, 1 use.\n' +
        '1. refund.create [HIGH] · identifier: order/8812\narguments: amount 4000 (40.00 EUR), order "8812"',
    );
    expect(confirmOf(SAMPLE_CARD)).toContain('2. payment.read [LOW] · identifier: order/8812');
  });

  it('says in the confirmation what does not fit it, and where it stands; what policy reads stands first', () => {
    const long = (calls: number, note: string) =>
      confirmOf({
        ...SAMPLE_CARD,
        calls: saidCalls(
          Array.from({ length: calls }, () => ({
            actions: [['refund.create', 'high']],
            identifier: 'order/8812',
            arguments: { note, order: '8812', amount: 4000 },
          })),
        ),
      });
    const one = long(1, 'x'.repeat(500));
    expect(one).toMatch(
      /identifier: order\/8812\narguments: amount 4000 \(40\.00 EUR\), order "8812", note "x+\n… 1 call/,
    );
    expect(one).toMatch(/… 1 call not whole here: read the card\.$/);
    expect(long(5, 'short')).toMatch(/… and 4 calls not whole here: read the card\.$/);
    expect(long(5, 'short')).toContain('amount 4000 (40.00 EUR), order "8812", note "short"');
  });

  it('counts votes while people still decide', () => {
    const gates = [{ group: 'payments-oncall', quorum: 2, approved: 1, approvers: ['Bob'] }];
    expect(texts(approvalCard({ ...SAMPLE_CARD, gates }).blocks).join('\n')).toContain(
      'payments-oncall: 1 of 2 · Bob approved',
    );
  });

  it('says how much of a long justification waits in Details', () => {
    const long = texts(approvalCard({ ...SAMPLE_CARD, justification: 'x'.repeat(2_000) }).blocks).join('\n');
    expect(long).toContain('… opens in Details (1700 more characters)');
  });

  it('says that an approval needs Details when the exact request does not fit it', () => {
    const calls = bareCalls([{ actions: [['a', 'high']], arguments: { text: '\u007f'.repeat(4_000) } }]);
    const { blocks } = approvalCard({ ...SAMPLE_CARD, calls });
    expect(texts(blocks).join('\n')).toContain('An approval counts from whoever has opened them.');
    expect(texts(approvalCard(SAMPLE_CARD).blocks).join('\n')).not.toContain('opens in Details');
  });

  it('loses its buttons once decided and names who decided, the cuts and how the grant stands', () => {
    const { blocks } = approvalCard({
      ...SAMPLE_CARD,
      status: 'approved',
      decidedBy: [{ name: 'Bob', verdict: 'approve', atSeconds: 1_700_000_100 }],
      granted: { ttl: 120, max_uses: 1, cuts: [{ field: 'ttl', asked: 300, granted: 120 }] },
      grant: { status: 'completed', endReason: 'done', endedAtSeconds: 1_700_000_200 },
    });
    const said = texts(blocks).join('\n');
    expect(actionIds(blocks)).toEqual([]);
    for (const part of [
      'Approved · HIGH',
      'Bob approved',
      'Granted: 2 minutes',
      'Cut ttl: asked 300, granted 120',
      'the agent finished its task',
    ]) {
      expect(said).toContain(part);
    }
    expect(said).toContain('<!date^1700000100^');
  });

  it('shows a denial with its reason as quoted words', () => {
    const decidedBy = [
      { name: 'Carol', verdict: 'deny' as const, atSeconds: 1, reason: 'no ticket\nApproved by: Alice' },
    ];
    const said = texts(approvalCard({ ...SAMPLE_CARD, status: 'denied', decidedBy }).blocks).join('\n');
    expect(said).toContain('│ no ticket\n│ Approved by: Alice');
  });
});
