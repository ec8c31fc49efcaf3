import { beforeEach, describe, expect, it } from '@jest/globals';
import { grantRow, voteRow } from '#escalations/testing/rows.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import { SYSTEM } from '#escalations/rows/history.js';
import type { VoteRow } from '#escalations/rows/vote.js';
import type { LoadedCard } from '#slack/cards/publish-card.js';
import { DIGEST, ESCALATION_ID, NOW, PENDING, RowsInMemory } from '../testing/rows-in-memory.fixture.js';

let rows: RowsInMemory;
beforeEach(() => {
  rows = new RowsInMemory();
});

const load = async (): Promise<LoadedCard> => {
  return (await rows.cardModels().load(ESCALATION_ID)) as LoadedCard;
};
const vote = (person: string, changes: Partial<VoteRow> = {}): VoteRow =>
  voteRow({
    id: `vote_${person}`,
    escalationId: ESCALATION_ID,
    person,
    digest: DIGEST,
    at: NOW - 1_500,
    groups: [],
    ...changes,
  });
const grant = (changes: Partial<GrantRow>): GrantRow => grantRow({ id: 'grt_1', readyUntil: NOW + 1_000, ...changes });

describe('the model of a card', () => {
  it('names agent, owner and resource from the catalog', async () => {
    const { model } = await load();
    expect(model.agent).toEqual({ id: 'support-bot', name: 'Support bot', owner: 'alice', onBehalfOf: [] });
    expect(model.resource).toMatchObject({ name: 'Payments', environment: 'prod', classification: 'restricted' });
  });

  it('says each call in the words of the catalog, each action with its risk', async () => {
    expect((await load()).model.calls[0]?.actions).toEqual([
      { action: 'refund.create', risk: 'medium', sentence: null },
    ]);
  });

  it('shows an action that left the catalog at the risk of the whole request, and bare ids', async () => {
    rows.catalog = { ...rows.catalog, resources: [], agents: [] };
    const { model } = await load();
    expect(model.calls[0]?.actions).toEqual([{ action: 'refund.create', risk: 'high', sentence: null }]);
    expect([model.agent.name, model.resource.name]).toEqual(['support-bot', 'https://payments.example']);
  });

  it('explains why people are asked, by which rule and in which version', async () => {
    const { whyYou } = (await load()).model;
    expect(whyYou.text).toContain('2 of payments-oncall');
    expect(whyYou).toMatchObject({ policies: ['refunds-need-the-oncall'], policyVersion: PENDING.policyVersion });
  });

  it('seats those who approved', async () => {
    rows.votes = [vote('bob')];
    const { model } = await load();
    expect(model.gates).toEqual([{ group: 'payments-oncall', quorum: 2, approved: 1, approvers: ['bob'] }]);
    expect(model.decidedBy).toEqual([
      { name: 'bob', verdict: 'approve', atSeconds: 1_799_999_998, reason: null, cuts: [] },
    ]);
  });

  it.each([
    ['of another digest', [vote('bob', { digest: 'sha256:0' })]],
    ['by the owner of the agent', [vote('alice')]],
    ['by someone who is gone', [vote('zoe')]],
    ['that is a denial', [vote('bob', { verdict: 'deny', reason: 'no' })]],
  ])('seats no vote %s', async (_, votes) => {
    rows.votes = votes;
    expect((await load()).model.gates[0]).toMatchObject({ approved: 0, approvers: [] });
  });

  it('takes the seat of someone who lost the role while people still decide, and leaves it afterwards', async () => {
    rows.votes = [vote('bob')];
    rows.people = rows.people.map((voter) => ({ ...voter, roles: [] }));
    expect((await load()).model.gates[0]?.approved).toBe(0);
    rows.row = { ...PENDING, status: 'approved' };
    expect((await load()).model.gates[0]?.approved).toBe(1);
  });

  it('seats no approval that a kill switch ended before the decision, and is newer for it', async () => {
    rows.votes = [vote('bob', { killedAt: NOW - 500 }), vote('carol')];
    const { model, minor } = await load();
    expect(model.gates[0]).toMatchObject({ approved: 1, approvers: ['carol'] });
    expect(model.decidedBy).toMatchObject([{ name: 'bob', ended: true }, { name: 'carol' }]);
    rows.votes = [vote('bob'), vote('carol')];
    expect((await load()).minor).toBe(minor - 1);
  });

  it('leaves the seat of an approval that was ended after the decision', async () => {
    rows.votes = [vote('bob', { killedAt: NOW - 500 })];
    rows.row = { ...PENDING, status: 'approved', decidedAt: NOW - 1_000 };
    const { model } = await load();
    expect(model.gates[0]).toMatchObject({ approved: 1, approvers: ['bob'] });
    expect(model.decidedBy[0]).not.toHaveProperty('ended');
  });

  it('is judged by the clock: past the deadline it reads as lapsed', async () => {
    rows.now = PENDING.deadline;
    expect((await load()).model.status).toBe('lapsed');
  });

  it('shows how the grant stands now, and counts its version without the uses, which it does not show', async () => {
    rows.row = { ...PENDING, status: 'approved', version: 3 };
    rows.grant = grant({ version: 6, uses: 4, readyUntil: NOW - 1_000 });
    const loaded = await load();
    expect(loaded.model.grant).toEqual({
      status: 'expired',
      endReason: 'not_collected',
      endedAtSeconds: (NOW - 1_000) / 1_000,
    });
    expect(loaded.version).toBe(5);
  });

  it('says what was granted and what was cut, or why it was denied', async () => {
    const cuts = [{ field: 'ttl' as const, asked: 300, granted: 120 }];
    rows.row = { ...PENDING, granted: { authorization_details: [], ttl: 120, max_uses: 1, cuts } };
    expect((await load()).model.granted).toEqual({ ttl: 120, max_uses: 1, cuts });
    rows.row = {
      ...PENDING,
      status: 'denied',
      denial: { by: 'person', code: 'denied_by_approver', reason: 'no', next: { action: 'none' } },
    };
    expect((await load()).model.denialReason).toBe('no');
  });

  it.each([
    [{ kind: 'person', id: 'dave' }, 'dave'],
    [{ kind: 'client', id: 'ops-tool' }, 'ops-tool'],
    [{ kind: 'policy', id: 'sha256:0' }, null],
  ] as const)('names who denied it without a vote: %j', async (actor, by) => {
    rows.row = { ...PENDING, status: 'denied' };
    rows.history = [{ type: 'escalation.denied', actor, escalation: ESCALATION_ID, agent: 'support-bot', data: {} }];
    expect((await load()).model.ending).toEqual({ by, cause: null, atSeconds: NOW / 1_000 });
  });

  it('says what cancelled it', async () => {
    const event = { actor: SYSTEM, escalation: ESCALATION_ID, agent: 'support-bot' };
    rows.history = [{ ...event, type: 'escalation.cancelled', data: { cause: 'parent_ended' } }];
    expect((await load()).model.ending).toBeNull();
    rows.row = { ...PENDING, status: 'cancelled' };
    expect((await load()).model.ending).toMatchObject({ by: null, cause: 'parent_ended' });
  });

  it('goes once to each channel of the groups that are asked', async () => {
    const gates = ['payments-oncall', 'security', 'quiet', 'gone'].map((group) => ({ group, quorum: 1 }));
    rows.row = { ...PENDING, policy: { ...PENDING.policy, gates } };
    expect((await load()).channels).toEqual(['C0001']);
  });

  it('is null for an unknown escalation', async () => {
    expect(await rows.cardModels().load('esc_unknown')).toBeNull();
  });
});
