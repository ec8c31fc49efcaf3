import { describe, expect, it } from '@jest/globals';
import { isWellFormed } from '#domain/authority/canonical-json.js';
import { approvalCard, supersededCard } from './approval-card.view.js';
import { SLACK_LIMITS, type WritBlock, type WritModal } from './block-kit.js';
import { bareCalls, saidCalls } from './calls.fixture.js';
import type { ApprovalCardModel } from './card-model.js';
import { denyModal } from './deny-modal.view.js';
import { detailsModal } from './details-modal.view.js';
import { limitsModal } from './limits-modal.view.js';
import { HOSTILE, ONE_CALL, SAMPLE_CARD } from './sample-card.fixture.js';

interface Leaf {
  readonly type: string;
  readonly text: string;
  readonly emoji?: boolean;
  readonly path: string;
}

/** Every text object of a view, with where it stands. */
function leaves(value: unknown, path = ''): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}/${index}`));
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Record<string, unknown>;
  if (typeof node['text'] === 'string' && typeof node['type'] === 'string')
    return [{ ...(node as unknown as Leaf), path }];
  return Object.entries(node).flatMap(([key, member]) => leaves(member, `${path}/${key}`));
}

/** Breaches of Slack's limits in a list of blocks. */
function breaches(blocks: readonly WritBlock[], most: number): string[] {
  const faults: string[] = [];
  const check = (ok: boolean, what: string) => void (ok || faults.push(what));
  const length = (text: string, max: number, what: string) =>
    check(text.length >= 1 && text.length <= max, `${what} ${text.length}`);
  check(blocks.length >= 1 && blocks.length <= most, `blocks ${blocks.length}`);
  for (const block of blocks) {
    if (block.type === 'header') length(block.text.text, SLACK_LIMITS.headerText, 'header');
    if (block.type === 'section' && 'text' in block) length(block.text.text, SLACK_LIMITS.blockText, 'section');
    if (block.type === 'context') {
      check(block.elements.length >= 1 && block.elements.length <= SLACK_LIMITS.contextElements, 'context');
      for (const element of block.elements) length(element.text, SLACK_LIMITS.contextText, 'context text');
    }
    if (block.type !== 'actions') continue;
    for (const button of block.elements) {
      length(button.text.text, SLACK_LIMITS.buttonText, 'button');
      if (!('confirm' in button) || button.confirm === undefined) continue;
      length(button.confirm.title.text, SLACK_LIMITS.confirmTitle, 'confirm title');
      length(button.confirm.text.text, SLACK_LIMITS.confirmText, 'confirm text');
      length(button.confirm.confirm.text, SLACK_LIMITS.confirmButton, 'confirm button');
    }
  }
  return faults;
}

/** A request in which every string an agent or person controls is `text`. */
function filledWith(text: string, status: ApprovalCardModel['status'] = 'pending'): ApprovalCardModel {
  const json = isWellFormed(text) ? text : 'the reader of JSON refuses this';
  return {
    ...SAMPLE_CARD,
    status,
    agent: { ...SAMPLE_CARD.agent, name: text, owner: text, onBehalfOf: [{ iss: text, sub: text }] },
    calls: saidCalls([
      { actions: [['refund.create', 'high']], identifier: text, arguments: { [json]: [json], order: json } },
    ]),
    whyYou: { ...SAMPLE_CARD.whyYou, text, because: text },
    gates: [{ group: 'payments-oncall', quorum: 2, approved: 1, approvers: [text] }],
    decidedBy: [{ name: text, verdict: 'deny', atSeconds: 1_700_000_100, reason: text }],
    task: { id: text, description: text, ticket: text },
    justification: text,
    evidence: [{ title: text, url: text }],
  };
}

function largest(char: string, status: ApprovalCardModel['status'] = 'pending'): ApprovalCardModel {
  const id = (tail: string) => tail.padStart(128, 'a');
  const link = { iss: `https://${'i'.repeat(248)}`, sub: 's'.repeat(256) };
  return {
    ...SAMPLE_CARD,
    status,
    agent: { id: id('x'), name: char.repeat(128), owner: id('o'), onBehalfOf: Array.from({ length: 5 }, () => link) },
    resource: {
      id: `https://${'r'.repeat(248)}`,
      name: char.repeat(128),
      environment: char.repeat(64),
      classification: char.repeat(64),
    },
    calls: bareCalls(
      Array.from({ length: 20 }, (_, element) => ({
        actions: Array.from({ length: 10 }, (_, action) => [`e${element}.a${action}`, 'medium'] as const),
        identifier: `i${element}`,
        arguments: { text: char.repeat(Math.floor(80 / Buffer.byteLength(char))) },
      })),
    ),
    requestedTtl: 3_599,
    maxUses: 1_000,
    whyYou: {
      ...SAMPLE_CARD.whyYou,
      text: char.repeat(2_000),
      because: char.repeat(2_000),
      policies: Array.from({ length: 10 }, (_, n) => id(`p${n}`)),
    },
    gates: Array.from({ length: 6 }, (_, n) => ({
      group: id(`g${n}`),
      quorum: 9,
      approved: 8,
      approvers: Array(8).fill(char.repeat(64)),
    })),
    record: {
      recent: Array.from({ length: 50 }, () => ({ action: id('a'), resource: link.iss, count: 9, lastAtSeconds: 1 })),
      sameAsk: { approved: 999, denied: 999, last: { status: 'approved', atSeconds: 1 } },
    },
    decidedBy: Array.from({ length: 40 }, () => ({
      name: char.repeat(64),
      verdict: 'approve' as const,
      atSeconds: 1,
      reason: char.repeat(500),
    })),
    task: { id: id('t'), description: char.repeat(300), ticket: id('k') },
    justification: char.repeat(2_000),
    evidence: Array.from({ length: 10 }, () => ({ title: char.repeat(100), url: `https://${'u'.repeat(492)}` })),
  };
}

const texts = (blocks: readonly WritBlock[]) => leaves(blocks).map((leaf) => leaf.text);
const characters = (blocks: readonly WritBlock[]) => leaves(blocks).reduce((sum, leaf) => sum + leaf.text.length, 0);
const actionIds = (blocks: readonly WritBlock[]) =>
  blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map((button) => button.action_id) : []));
const confirmOf = (card: ApprovalCardModel) =>
  leaves(approvalCard(card).blocks).find((leaf) => leaf.path.endsWith('/confirm/text'))?.text ?? '';
const modals = (card: ApprovalCardModel): WritModal[] => [denyModal(card), detailsModal(card), limitsModal(card)];

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
      'payments-oncall: 1 of 2 · because',
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
    expect(said).toContain('Carol wrote:\n│ no ticket\n│ Approved by: Alice');
  });
});

describe('text that others wrote', () => {
  const statuses = ['pending', 'approved', 'denied', 'cancelled', 'lapsed'] as const;

  it.each(HOSTILE)('never reaches a mrkdwn leaf or an emoji-reading text: %j', (text) => {
    for (const status of statuses) {
      const card = filledWith(text, status);
      const all = [approvalCard(card).blocks, ...modals(card)].flatMap((view) => leaves(view));
      expect(
        all.filter((leaf) => leaf.text.includes('zzq') && (leaf.type !== 'plain_text' || leaf.emoji !== false)),
      ).toEqual([]);
      const marked = all.filter((leaf) => leaf.type === 'mrkdwn').map((leaf) => leaf.text);
      const clock =
        /^(Asked|Decide before|Ended|at|last) <!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[0-9T:Z-]+>$/;
      const label =
        /^\*(Exactly this|Why this needs you|On behalf of, nearest first|This agent lately|Votes so far|Written by the agent — not verified)\*$/;
      const link = /^<https:\/\/writ\.example\/escalations\/esc_01KAMZ0000000000000000000A\|Open in console>$/;
      expect(marked.filter((leaf) => !clock.test(leaf) && !label.test(leaf) && !link.test(leaf))).toEqual([]);
    }
  });

  it.each(HOSTILE)('starts no line of ours: %j', (text) => {
    const card = { ...filledWith('fine'), justification: text, task: { id: 'run-1', description: text, ticket: null } };
    const agent = detailsModal(card).blocks;
    const lines = texts(agent.slice(agent.findIndex((block) => block.type === 'divider'))).flatMap((leaf) =>
      leaf.split('\n'),
    );
    const ours = lines.filter((line) => !line.startsWith('│ '));
    expect(ours).toEqual(
      lines.filter((line) =>
        /^(\*Written by the agent — not verified\*$|Task:|Description:|Justification:|Evidence)/.test(line),
      ),
    );
  });

  it.each(HOSTILE)('starts no line of ours in the small print of a card: %j', (text) => {
    const card = { ...filledWith('fine'), justification: text, task: { id: 'run-1', description: text, ticket: null } };
    const { blocks } = approvalCard(card);
    const said = texts(blocks).join('\n').split('Written by the agent — not verified*\n')[1] ?? '';
    expect(said.split('\n').filter((line) => !line.startsWith('│ '))).toEqual([]);
  });

  it.each(HOSTILE)('leaves the notification text without mention, link, format or emoji: %j', (text) => {
    const card = { ...filledWith('fine'), calls: filledWith(text).calls };
    expect(approvalCard(card).text).not.toMatch(
      /[<>]|https?:|mailto:|\w\.example|[*`~]|:white_check_mark:|&(?!(amp|lt|gt);)|\n/,
    );
    expect(approvalCard(filledWith(text)).text).not.toMatch(/[<>]/);
  });
});

describe('Slack’s limits', () => {
  it.each(['x', 'é', '漢', '\u200b', '\u{e0041}', '\n', ' '])('hold at the largest request of %j', (char) => {
    for (const status of ['pending', 'approved', 'denied'] as const) {
      const card = largest(char, status);
      expect(breaches(approvalCard(card).blocks, SLACK_LIMITS.messageBlocks)).toEqual([]);
      expect(characters(approvalCard(card).blocks)).toBeLessThanOrEqual(SLACK_LIMITS.messageText);
      for (const modal of modals(card)) expect(breaches(modal.blocks, SLACK_LIMITS.viewBlocks)).toEqual([]);
    }
    expect(breaches(supersededCard('c').blocks, SLACK_LIMITS.messageBlocks)).toEqual([]);
  });

  it('hold for the titles and the metadata of modals', () => {
    for (const modal of modals(SAMPLE_CARD)) {
      expect(modal.title.text.length).toBeLessThanOrEqual(SLACK_LIMITS.viewTitle);
      expect(modal.private_metadata).toBe(SAMPLE_CARD.cardId);
    }
  });

  it('cut nothing from Details', () => {
    const card = { ...SAMPLE_CARD, justification: Array.from({ length: 400 }, (_, n) => `w${n}`).join(' ') };
    const said = texts(detailsModal(card).blocks).join('\n');
    for (const part of [
      ...card.justification.split(' '),
      SAMPLE_CARD.digest,
      SAMPLE_CARD.whyYou.policyVersion,
      'https://tickets.example/OPS-1',
    ]) {
      expect(said).toContain(part);
    }
  });
});
