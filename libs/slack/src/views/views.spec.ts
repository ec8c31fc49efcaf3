import { describe, expect, it } from '@jest/globals';
import { isWellFormed } from '#domain/authority/canonical-json.js';
import { approvalCard, supersededCard } from './card/approval-card.view.js';
import { SLACK_LIMITS, type WritBlock, type WritModal } from './block-kit.js';
import { bareCalls, saidCalls } from './card/calls.fixture.js';
import type { ApprovalCardModel } from './card/card-model.js';
import { denyModal } from './deny-modal.view.js';
import { detailsModal } from './details-modal.view.js';
import { limitsModal } from './limits-modal.view.js';
import { leaves, texts } from './leaves.fixture.js';
import { HOSTILE, SAMPLE_CARD } from './card/sample-card.fixture.js';

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

const characters = (blocks: readonly WritBlock[]) => leaves(blocks).reduce((sum, leaf) => sum + leaf.text.length, 0);
const modals = (card: ApprovalCardModel): WritModal[] => [denyModal(card), detailsModal(card), limitsModal(card)];

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
        /^\*(Exactly this|Why this needs you|Why people were asked|On behalf of, nearest first|This agent lately|This agent before the outcome|Votes so far|Written by the agent — not verified)\*$/;
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
