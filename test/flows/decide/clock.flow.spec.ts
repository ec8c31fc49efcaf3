import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk, type Answer } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { ageEscalation } from '../../harness/world/superuser.js';
import { BASE_POLICIES } from '../../harness/world/world.js';
import { until } from '../../harness/judges/until.js';

/** The requests of this file have the default window: 900 seconds. */
const HALF = 450;
const LATE = 720;

/** Alice owns the agent that asks, so the group of her alone can never approve it. */
const ASK_ALICE = `
@id("ask-alice") @outcome("require_approval") @approvers("alone")
permit (principal in Writ::Group::"support", action == Writ::Action::"payment.annotate", resource) unless { context.has_ticket };`;

let stage: Stage;
/** Requests that a test leaves open. */
const open: { id: string; digest: string }[] = [];

beforeAll(async () => {
  stage = await setStage(
    (config) => {
      const oncall = config.groups.find(({ id }) => id === 'oncall');
      if (oncall !== undefined) oncall['deputy'] = 'security';
      config.groups.push({ id: 'alone', members: ['alice'], deputy: 'security' });
    },
    { policies: `${BASE_POLICIES}${ASK_ALICE}` },
  );
});
afterAll(async () => {
  // Whoever made a request older wrote no event with it: its next real change must.
  const bob = await stage.person('bob');
  for (const asked of open) await bob.decide(asked, 'deny');
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

interface Told {
  readonly type: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly data: Record<string, unknown>;
}

async function eventsOf(id: string, type: string): Promise<Told[]> {
  const { body } = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${id}&type=${type}`);
  return (body as { items: Told[] }).items;
}

async function refund(): Promise<{ id: string; digest: string; continuation: { deferral_code: string } }> {
  return created(await stage.caller('support-bot').ask(refundAsk(`c${Math.random()}`.slice(0, 10))), 202);
}

function seen(id: string): Promise<Answer> {
  return stage.caller('support-bot').get(`/v1/escalations/${id}`);
}

async function threadOf(id: string, words: RegExp, channel?: string): Promise<void> {
  await until(`a line that says ${words.source}`, async () => {
    const cards = (await stage.slack.cardsOf(id)).map((card) => card.ts);
    return (await stage.slack.messages()).some((message) => {
      const { thread_ts } = message as unknown as { thread_ts?: string };
      const here = channel === undefined || message.channel === channel;
      return here && thread_ts !== undefined && cards.includes(thread_ts) && words.test(message.text);
    });
  });
}

describe('a request that nobody decides', () => {
  it('is brought to mind after half of its window and late in it, then to the deputies, who may decide from then on', async () => {
    const asked = await refund();
    const dave = await stage.person('dave');
    await stage.slack.card(asked.id, 'C0001');

    await ageEscalation(stage.world, asked.id, HALF + 1);
    await until('the first reminder', async () => (await eventsOf(asked.id, 'escalation.reminded')).length === 1);
    await threadOf(asked.id, /^Reminder: this still waits for oncall\.$/);
    expect(await dave.decide(asked, 'approve')).toMatchObject({ status: 403, body: { why: 'not_in_group' } });
    expect((await dave.send('GET', '/v1/inbox')).body.items).toEqual([]);
    expect(await stage.slack.cardsOf(asked.id)).toHaveLength(1);

    await ageEscalation(stage.world, asked.id, LATE - HALF);
    const deputies = await until('the deputies', async () => {
      const found = await eventsOf(asked.id, 'escalation.deputy_asked');
      return found.length > 0 && found;
    });
    expect(deputies).toMatchObject([{ actor: { kind: 'system' }, data: { group: 'oncall', deputy: 'security' } }]);
    await stage.slack.card(asked.id, 'C0002');
    await threadOf(asked.id, /security is asked too, in place of oncall/, 'C0001');
    expect((await dave.send('GET', '/v1/inbox')).body.items).toMatchObject([{ id: asked.id, may: { decide: true } }]);

    expect(await dave.decide(asked, 'approve')).toMatchObject({
      status: 200,
      body: { vote: 'settled', escalation: { approval: { groups: [{ id: 'oncall', quorum: 1, approved: 1 }] } } },
    });
    expect((await stage.caller('support-bot').redeem(asked.continuation.deferral_code)).status).toBe(200);
    expect((await eventsOf(asked.id, 'escalation.reminded')).map(({ data }) => data)).toEqual([
      { step: 'late', group: 'oncall' },
      { step: 'half', group: 'oncall' },
    ]);
    expect(await eventsOf(asked.id, 'escalation.deputy_asked')).toHaveLength(1);
  });

  it('is brought to mind once when both reminders were missed', async () => {
    const asked = await refund();
    await ageEscalation(stage.world, asked.id, LATE + 10);
    await until('the deputies', async () => (await eventsOf(asked.id, 'escalation.deputy_asked')).length === 1);
    expect((await eventsOf(asked.id, 'escalation.reminded')).map(({ data }) => data['step'])).toEqual(['late']);
    await (await stage.person('bob')).decide(asked, 'deny');
  });

  it('reminds only the groups that it still waits for', async () => {
    const asked = created(
      await stage.caller('support-bot').ask({
        resource: 'https://payments.example',
        authorization_details: [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: '2026-10' } }],
        task: { id: 'close-the-books' },
      }),
      202,
    );
    open.push(asked);
    expect(await (await stage.person('dave')).decide(asked, 'approve')).toMatchObject({ body: { vote: 'recorded' } });
    await ageEscalation(stage.world, asked.id, 31);
    const reminded = await until('the reminder', async () => {
      const found = await eventsOf(asked.id, 'escalation.reminded');
      return found.length > 0 && found;
    });
    expect(reminded.map(({ data }) => data)).toEqual([{ step: 'half', group: 'oncall' }]);
  });

  it('is refused at once where its groups could never approve it: deputies do not count for that', async () => {
    const asked = await stage.caller('support-bot').ask({
      resource: 'https://payments.example',
      authorization_details: [{ type: 'tool_call', actions: ['payment.annotate'], arguments: { payment: 'p1' } }],
      task: { id: 'note' },
    });
    expect(asked).toMatchObject({
      status: 201,
      body: { status: 'denied', denial: { by: 'policy', code: 'no_eligible_approvers' } },
    });
  });

  it('shows its agent each step and when people usually decide, and nobody’s name; people are not hurried by it', async () => {
    const bob = await stage.person('bob');
    for (let times = 0; times < 3; times += 1) await bob.decide(await refund(), 'approve');
    const asked = await refund();
    const steps = async (): Promise<{ done: boolean }[]> => (await seen(asked.id)).body.clock.steps;
    expect((await steps()).filter(({ done }) => done)).toEqual([]);
    await ageEscalation(stage.world, asked.id, HALF + 1);
    await until('the reminder is given', async () => (await steps())[0]?.done === true);
    const { clock } = (await seen(asked.id)).body as { clock: Record<string, unknown> };
    expect(clock).toMatchObject({
      steps: [
        { step: 'reminder', done: true },
        { step: 'reminder', done: false },
        { step: 'deputy_asked', done: false },
        { step: 'lapses', done: false },
      ],
      eta_seconds: 0,
    });
    expect(JSON.stringify(clock)).not.toMatch(/security|bob|dave/);
    const read = (await bob.send('GET', `/v1/escalations/${asked.id}`)).body as typeof asked & { clock: unknown };
    const around = (await bob.send('GET', `/v1/escalations/${asked.id}/context`)).body as { clock: object };
    expect([read.clock, Object.keys(around.clock)]).toEqual([
      expect.objectContaining({ eta_seconds: null }),
      ['asked_at', 'decide_before', 'steps'],
    ]);
    await bob.decide(asked, 'deny');
    expect((await seen(asked.id)).body.clock.eta_seconds).toBeNull();
  });
});

describe('a request behind an identical one', () => {
  it('has no reminder behind it that was never given, for its agent and for people, until its turn has come', async () => {
    const agent = stage.caller('support-bot');
    const same = async () => created(await agent.ask(refundAsk('behind')), 202);
    const [first, second] = [await same(), await same()];
    open.push(second);
    const bob = await stage.person('bob');
    const taken = async (): Promise<string[][]> => {
      const places = [seen(second.id), bob.send('GET', `/v1/escalations/${second.id}/context`)];
      const answers = (await Promise.all(places)).map(
        ({ body }) => body.clock.steps as { step: string; done: boolean }[],
      );
      return answers.map((steps) => steps.filter(({ done }) => done).map(({ step }) => step));
    };
    await ageEscalation(stage.world, second.id, LATE + 1);
    expect(await taken()).toEqual([[], []]);
    await agent.post(`/v1/escalations/${first.id}/cancel`);
    const given = ['reminder', 'reminder', 'deputy_asked'];
    await until(
      'its reminders are given',
      async () => JSON.stringify(await taken()) === JSON.stringify([given, given]),
    );
  });
});

describe('a nudge', () => {
  it('is given once, by whoever owns the agent, in the threads of the cards', async () => {
    const asked = await refund();
    await stage.slack.card(asked.id);
    const [alice, bob, erin] = await Promise.all(['alice', 'bob', 'erin'].map((id) => stage.person(id)));
    const path = `/v1/escalations/${asked.id}/nudge`;
    expect(await bob?.send('POST', path, {})).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await erin?.send('POST', path, {})).toMatchObject({ status: 403 });
    expect(await alice?.send('POST', path, { loud: true })).toMatchObject({ status: 400 });
    expect(await alice?.send('POST', path, {})).toMatchObject({ status: 200, body: { escalation: asked.id } });
    expect(await alice?.send('POST', path, {})).toMatchObject({ status: 409, body: { code: 'already_nudged' } });
    expect(await eventsOf(asked.id, 'escalation.nudged')).toMatchObject([{ actor: { kind: 'person', id: 'alice' } }]);
    await threadOf(asked.id, /who owns the agent, asks for a decision/);
    await bob?.decide(asked, 'approve');
    expect(await alice?.send('POST', path, {})).toMatchObject({ status: 409, body: { code: 'already_decided' } });
  });

  it('of a request that the person may not know of is of nothing', async () => {
    const asked = await refund();
    const dave = await stage.person('dave');
    expect(await dave.send('POST', `/v1/escalations/${asked.id}/nudge`, {})).toMatchObject({ status: 404 });
    expect(await dave.send('POST', '/v1/escalations/esc_unknown/nudge', {})).toMatchObject({ status: 404 });
  });
});
