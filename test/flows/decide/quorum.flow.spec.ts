import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { created } from '../../harness/world/stage.js';
import { setStage, type Stage } from '../../harness/world/stage.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { refundAsk } from '../../harness/actors/agent.js';
import { until } from '../../harness/judges/until.js';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const exportAsk = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
  task: { id: 'close-the-books' },
};

async function askExport(agent = 'support-bot'): Promise<{ id: string; digest: string }> {
  return created(await stage.caller(agent).ask(exportAsk), 202);
}

describe('a gate of two groups', () => {
  it('counts a person who is in both groups once, and moves their seat to where it is needed', async () => {
    const asked = await askExport('rival-bot');
    const [alice, bob, carol] = await Promise.all(['alice', 'bob', 'carol'].map((id) => stage.person(id)));
    const progress = async (): Promise<unknown> =>
      (await stage.caller('rival-bot').get(`/v1/escalations/${asked.id}`)).body.approval.groups;

    expect((await carol?.decide(asked, 'approve'))?.body).toMatchObject({
      vote: 'recorded',
      escalation: { status: 'pending' },
    });
    expect(await progress()).toEqual([
      { id: 'oncall', quorum: 2, approved: 1 },
      { id: 'security', quorum: 1, approved: 0 },
    ]);
    expect((await bob?.decide(asked, 'approve'))?.body.vote).toBe('recorded');
    expect(await progress()).toEqual([
      { id: 'oncall', quorum: 2, approved: 2 },
      { id: 'security', quorum: 1, approved: 0 },
    ]);
    expect((await alice?.decide(asked, 'approve'))?.body).toMatchObject({
      vote: 'settled',
      escalation: { status: 'approved' },
    });
    expect(await progress()).toEqual([
      { id: 'oncall', quorum: 2, approved: 2 },
      { id: 'security', quorum: 1, approved: 1 },
    ]);
  });

  it('stands open while one group has too few people, however many of the other approve', async () => {
    const asked = await askExport();
    const [bob, carol, dave] = await Promise.all(['bob', 'carol', 'dave'].map((id) => stage.person(id)));
    expect((await bob?.decide(asked, 'approve'))?.body.vote).toBe('recorded');
    expect((await dave?.decide(asked, 'approve'))?.body.vote).toBe('recorded');
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.approval.groups).toEqual([
      { id: 'oncall', quorum: 2, approved: 1 },
      { id: 'security', quorum: 1, approved: 1 },
    ]);
    expect((await carol?.decide(asked, 'approve'))?.body.vote).toBe('settled');
  });

  it('has a card in the channel of each group, and each shows how far the others are', async () => {
    const asked = await askExport();
    const [oncall, security] = await Promise.all([
      stage.slack.card(asked.id, 'C0001'),
      stage.slack.card(asked.id, 'C0002'),
    ]);
    expect(JSON.stringify(oncall.blocks)).toContain('oncall: 0 of 2');
    expect(JSON.stringify(security.blocks)).toContain('security: 0 of 1');
    await stage.slack.click('U0002', oncall.ts, 'writ_approve');
    for (const channel of ['C0001', 'C0002']) {
      await until(`the card in ${channel} shows the vote`, async () => {
        const card = (await stage.slack.cardsOf(asked.id)).find((candidate) => candidate.channel === channel);
        return (
          /oncall: 1 of 2 · bob approved/.test(JSON.stringify(card?.blocks)) &&
          JSON.stringify(card?.blocks).includes('writ_approve')
        );
      });
    }
  });

  it('has cards that count an approval no more once a kill switch has ended it, and still tell of it', async () => {
    const asked = await askExport('rival-bot');
    await stage.slack.card(asked.id, 'C0001');
    const [bob, carol] = [await stage.person('bob'), await stage.person('carol')];
    const shows = async (words: RegExp): Promise<void> => {
      await until(`the card shows ${words}`, async () => {
        const card = (await stage.slack.cardsOf(asked.id)).find(({ channel }) => channel === 'C0001');
        return words.test(JSON.stringify(card?.blocks));
      });
    };
    await bob.decide(asked, 'approve');
    await shows(/oncall: 1 of 2 · bob approved/);
    await stage.caller('ops-cli').post('/v1/kill', { kind: 'approver', id: 'bob', reason: 'Drill.' });
    await shows(/oncall: 0 of 2.*bob approved; ended by a kill switch/);
    await carol.decide(asked, 'approve');
    await shows(/oncall: 1 of 2 · carol approved.*bob approved; ended by a kill switch/);
  });

  it('is settled by one denial, which outweighs two approvals', async () => {
    const asked = await askExport();
    const [bob, carol, dave] = await Promise.all(['bob', 'carol', 'dave'].map((id) => stage.person(id)));
    await bob?.decide(asked, 'approve');
    await carol?.decide(asked, 'approve');
    expect((await dave?.decide(asked, 'deny', { reason: 'Not during the audit.' }))?.body).toMatchObject({
      vote: 'settled',
      escalation: { status: 'denied' },
    });
    const seen = (await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body;
    expect(seen).toMatchObject({
      status: 'denied',
      grant: null,
      denial: { by: 'person', reason: 'Not during the audit.' },
    });
    expect(JSON.stringify(seen)).not.toMatch(/bob|carol|dave/);
  });
});

describe('who may decide', () => {
  const refund = async (): Promise<{ id: string; digest: string }> =>
    created(await stage.caller('support-bot').ask(refundAsk()), 202);

  it('refuses the owner of the agent, over REST and in Slack, though a member of the group', async () => {
    const asked = await refund();
    const alice = await stage.person('alice');
    expect(await alice.decide(asked, 'approve')).toMatchObject({
      status: 403,
      body: { code: 'not_eligible', why: 'owner_of_the_agent', type: 'urn:writ:problem:not_eligible' },
    });
    expect(await alice.decide(asked, 'deny')).toMatchObject({ status: 403, body: { why: 'owner_of_the_agent' } });
    const card = await stage.slack.card(asked.id);
    await stage.slack.click('U0001', card.ts, 'writ_approve');
    const told = await until('alice is told', async () =>
      (await stage.slack.messages()).find((message) => (message as { ephemeral_to?: string }).ephemeral_to === 'U0001'),
    );
    expect(told.text).toBe(
      'You cannot decide this request: you own this agent, so others decide. Nothing was counted.',
    );
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body).toMatchObject({
      status: 'pending',
      approval: { groups: [{ approved: 0 }] },
    });
  });

  it.each([
    ['dave', 'not_in_group'],
    ['erin', 'not_an_approver'],
    ['omar', 'not_an_approver'],
    ['olga', 'not_an_approver'],
  ])('refuses %s: %s', async (person, why) => {
    const asked = await refund();
    expect(await (await stage.person(person)).decide(asked, 'approve')).toMatchObject({
      status: 403,
      body: { code: 'not_eligible', why },
    });
  });

  it('shows a request to those with a part in it and to nobody else', async () => {
    const asked = await refund();
    const path = `/v1/escalations/${asked.id}`;
    const status = async (id: string): Promise<number> => (await (await stage.person(id)).send('GET', path)).status;
    expect(await status('bob')).toBe(200);
    expect(await status('omar')).toBe(200);
    expect(await status('erin')).toBe(200);
    expect(await status('olga')).toBe(200);
    expect(await status('dave')).toBe(404);
    expect((await stage.caller('rival-bot').get(path)).status).toBe(404);
  });
});

describe('a second word', () => {
  const refund = async (): Promise<{ id: string; digest: string }> =>
    created(await stage.caller('support-bot').ask(refundAsk()), 202);

  it('is unchanged when it is the same, refused when it is the other', async () => {
    const asked = await askExport();
    const bob = await stage.person('bob');
    const first = await bob.decide(asked, 'approve');
    const again = await bob.decide(asked, 'approve');
    expect(again).toMatchObject({ status: 200, body: { vote: 'recorded' } });
    expect(again.body.escalation.votes).toEqual(first.body.escalation.votes);
    expect(await bob.decide(asked, 'deny')).toMatchObject({ status: 409, body: { code: 'already_voted' } });
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.status).toBe('pending');
  });

  it('is told what was decided, once it is', async () => {
    const asked = await refund();
    const [bob, carol] = await Promise.all([stage.person('bob'), stage.person('carol')]);
    await bob.decide(asked, 'approve');
    expect(await carol.decide(asked, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'approved' },
    });
    expect(await carol.decide(asked, 'deny')).toMatchObject({
      status: 409,
      body: { code: 'already_decided', status: 'approved' },
    });
    expect(await bob.decide(asked, 'deny')).toMatchObject({ status: 409, body: { code: 'already_decided' } });
    expect(await bob.decide(asked, 'approve')).toMatchObject({ status: 200, body: { vote: 'settled' } });
    await settledCards(stage.world, stage.broker);
  });

  it('is refused when it was formed about another request', async () => {
    const [asked, other] = [await refund(), await refund()];
    const bob = await stage.person('bob');
    expect(await bob.decide({ id: asked.id, digest: other.digest }, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'stale_digest' },
    });
    expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.status).toBe('pending');
  });

  it('leaves its refusal in the history', async () => {
    const asked = await refund();
    await (await stage.person('dave')).decide(asked, 'approve');
    const events = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${asked.id}&type=vote.refused`);
    expect(events.body.items).toMatchObject([
      { actor: { kind: 'person', id: 'dave' }, data: { code: 'not_eligible', why: 'not_in_group', via: 'rest' } },
    ]);
  });
});
