import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloseOverdue } from '#escalations/end/close-overdue.js';
import type { RemindEscalation } from '#escalations/decide/remind-escalation.js';
import { readAsk, refundAsk, type Answer } from '../../harness/actors/agent.js';
import { applyConfig } from '../../harness/world/apply.js';
import { under } from '../../harness/world/handing-on.js';
import { brokenInvariants } from '../../harness/judges/invariants.js';
import { jobsAfterStep, lastWritten, putCard, statementsSince } from '../../harness/world/outbox.js';
import { useCasesOf } from '../../harness/world/sealed.js';
import {
  approvedRefund,
  collectedRefund,
  created,
  setStage,
  type Collected,
  type Stage,
} from '../../harness/world/stage.js';
import { ageEscalation, ageReadyGrant } from '../../harness/world/superuser.js';
import { BASE_POLICIES } from '../../harness/world/world.js';

const POLICIES = `${BASE_POLICIES}
@id("drop-emergency") @outcome("allow")
permit (principal in Writ::Group::"support", action == Writ::Action::"ledger.drop", resource) when { context.break_glass };
@id("export-emergency") @outcome("require_approval") @approvers("security")
permit (principal in Writ::Group::"support", action == Writ::Action::"other.read", resource) when { context.break_glass };
`.replace(/@id\("no-drops"\)[^;]*;/, '');

let stage: Stage;
let closing: CloseOverdue;
let reminding: RemindEscalation;
let orders = 0;

beforeAll(async () => {
  // No worker: what follows stays in the outbox, a transaction beside another.
  stage = await setStage(
    (config) => void Object.assign(config.groups.find(({ id }) => id === 'oncall') ?? {}, { deputy: 'security' }),
    { roles: 'api', policies: POLICIES },
  );
  const { pool } = stage.world.database;
  ({ closeOverdue: closing, remindEscalation: reminding } = useCasesOf(stage.world, pool));
});
afterAll(async () => {
  // The ends that the stops have made true, for what others find in the rows.
  while ((await closing.sweep(50)).ended > 0);
  expect(await brokenInvariants(stage.world)).toEqual([]);
});
afterAll(() => stage.close());

const after = async (
  step: () => Promise<unknown>,
  names: Readonly<Record<string, string>> = {},
): Promise<string[][]> => {
  const left = await jobsAfterStep(stage.world, step, names);
  // One job for a request's cards: it is a pointer, and a second one would draw the same.
  for (const { twice } of left) expect(twice.filter((job) => job.startsWith('card.publish'))).toEqual([]);
  return left.map(({ jobs }) => jobs);
};

const asking = (more: Record<string, unknown> = {}, agent = 'support-bot'): Promise<Answer> =>
  stage.caller(agent).ask(refundAsk(`f${(orders += 1)}`, more));
const ask = async (more: Record<string, unknown> = {}) => created(await asking(more), 202);
const emergency = (action: string, resource = 'https://payments.example'): Record<string, unknown> => ({
  resource,
  authorization_details: [{ type: 'tool_call', actions: [action] }],
  task: { id: 'run-1' },
  break_glass: true,
  justification: 'Payments are down since noon.',
});
const two = (): Record<string, unknown> => ({
  ...refundAsk(),
  authorization_details: [
    { type: 'tool_call', actions: ['ledger.export'], arguments: { period: `2026-${(orders += 1)}` } },
  ],
});
const shownAsk = async (body: Record<string, unknown> = refundAsk(`f${(orders += 1)}`)) => {
  const asked = created(await stage.caller('support-bot').ask(body), 202);
  await putCard(stage.world, asked.id);
  return asked;
};
const collected = async (more: Record<string, unknown> = {}): Promise<Collected> => {
  const grant = await collectedRefund(stage, more);
  await putCard(stage.world, grant.id);
  return grant;
};
const use = (token: string, call_id: string): Promise<Answer> =>
  stage.caller('payments-api').post('/v1/tokens/consume', {
    token,
    call_id,
    action: 'refund.create',
    identifier: 'order/8812',
    arguments: { order: '8812', amount: 4000 },
  });
const send = async (who: string, path: string, body: object = {}): Promise<void> => {
  expect((await (await stage.person(who)).send('POST', path, body)).status).toBeLessThan(300);
};
const call = async (who: string, path: string, body: object = {}): Promise<void> => {
  expect((await stage.caller(who).post(path, body)).status).toBeLessThan(300);
};

const ASKED = [
  'card.publish of a request',
  'deadline.escalation (later) of a request',
  'notice.send of a request',
  'reminder.escalation (later) of a request',
];
const CARD = ['card.publish of a request'];
const CARD_THREAD = [...CARD, 'card.thread of a request'];
const CARD_THREAD_NOTICE = [...CARD_THREAD, 'notice.send of a request'];
const CARD_NOTICE = [...CARD, 'notice.send of a request'];

describe('what follows, in the same transaction,', () => {
  it('an ask: everything where people are asked, nothing where policy allows or denies', async () => {
    expect(await after(() => ask())).toEqual([ASKED]);
    expect(await after(() => stage.caller('support-bot').ask(readAsk()))).toEqual([]);
    const denied = { ...readAsk(), authorization_details: [{ type: 'tool_call', actions: ['ledger.drop'] }] };
    expect(await after(() => stage.caller('support-bot').ask(denied))).toEqual([]);
    expect(await after(() => stage.caller('support-bot').post('/v1/escalations/evaluate', refundAsk()))).toEqual([]);
  });

  it('a break-glass: those who were passed over are told, whether it is granted or waits', async () => {
    const told = ['break_glass.notice of a request'];
    let used = '';
    const granted = async (): Promise<void> => {
      used = created(await stage.caller('support-bot').ask(emergency('ledger.drop')), 201).id;
    };
    expect(await after(granted)).toEqual([[...told, 'notice.send of a request']]);
    expect(await after(() => send('olga', `/v1/escalations/${used}/review`, { note: 'It was right.' }))).toEqual([]);
    const waits = emergency('other.read', 'https://other.example');
    expect(await after(() => stage.caller('support-bot').ask(waits))).toEqual([[...told, ...ASKED]]);
  });

  it('a vote: the cards, and with the last one the notice and the end of the grant', async () => {
    const asked = await shownAsk(two());
    expect(await after(async () => (await stage.person('bob')).decide(asked, 'approve'))).toEqual([CARD_THREAD]);
    expect(await after(async () => (await stage.person('omar')).decide(asked, 'approve'))).toEqual([]);
    expect(await after(async () => (await stage.person('alice')).decide(asked, 'approve'))).toEqual([]);
    expect(await after(async () => (await stage.person('dave')).decide(asked, 'approve'))).toEqual([CARD_THREAD]);
    const last = await after(async () => (await stage.person('carol')).decide(asked, 'approve'));
    expect(last).toEqual([[...CARD_THREAD, 'deadline.grant (later) of a grant', 'notice.send of a request']]);
    const other = await shownAsk();
    expect(await after(async () => (await stage.person('bob')).decide(other, 'deny'))).toEqual([CARD_THREAD_NOTICE]);
  });

  it('a denial: also the cards of the identical ones behind it, whoever denies', async () => {
    const body = refundAsk('same-vote');
    const [first, second] = [await shownAsk(body), created(await stage.caller('support-bot').ask(body), 202)];
    const names = { [first.id]: 'the first', [second.id]: 'the second' };
    const behind = ['card.publish of the second', 'notice.send of the second'];
    expect(await after(async () => (await stage.person('bob')).decide(first, 'deny'), names)).toEqual([
      ['card.publish of the first', behind[0], 'card.thread of the first', 'notice.send of the first', behind[1]],
    ]);
    await call('ops-cli', '/v1/agents/support-bot/deny-pending', { reason: 'Clean slate.' });
    await ask();
    expect(await after(() => call('ops-cli', '/v1/agents/support-bot/deny-pending', { reason: 'Too many.' }))).toEqual([
      CARD_NOTICE,
    ]);
  });

  it('policy’s no to what people had approved: the cards, the threads and the notice', async () => {
    const capped = POLICIES.replace(
      '@id("refunds")',
      '@id("no-more") forbid (principal, action == Writ::Action::"refund.create", resource) when { context.granted_last_hour >= 1 };\n@id("refunds")',
    );
    await applyConfig(stage.world, (config) => void (config.limits.pending_per_agent = 99), capped);
    const rival = async () => created(await asking({}, 'rival-bot'), 202);
    const [one, late] = [await rival(), await rival()];
    await putCard(stage.world, late.id);
    const bob = await stage.person('bob');
    expect((await bob.decide(one, 'approve')).status).toBe(200);
    expect(await after(() => bob.decide(late, 'approve'))).toEqual([CARD_THREAD_NOTICE]);
    expect((await stage.caller('rival-bot').get(`/v1/escalations/${late.id}`)).body.status).toBe('denied');
    await applyConfig(stage.world, () => undefined, POLICIES);
  });

  it('a nudge and a reminder: the cards and their threads, and late the notices', async () => {
    const asked = await shownAsk();
    expect(await after(() => send('alice', `/v1/escalations/${asked.id}/nudge`))).toEqual([CARD_THREAD]);
    await ageEscalation(stage.world, asked.id, 451);
    expect(await after(() => reminding.execute(asked.id))).toEqual([CARD_THREAD]);
    await ageEscalation(stage.world, asked.id, 270);
    expect(await after(() => reminding.execute(asked.id))).toEqual([CARD_THREAD_NOTICE]);
    expect(await after(() => reminding.execute(asked.id))).toEqual([]);
    expect(await after(() => send('bob', `/v1/escalations/${asked.id}/comments`, { text: 'Hm.' }))).toEqual([
      ['card.thread of a request'],
    ]);
    expect(await after(() => call('support-bot', `/v1/escalations/${asked.id}/cancel`))).toEqual([CARD_NOTICE]);
  });

  it('a request that is over: the cards and the notice, once for each of a batch', async () => {
    const asked = [await ask(), await ask(), await ask()];
    for (const { id } of asked) await ageEscalation(stage.world, id, 24 * 3_600);
    const names = Object.fromEntries(asked.map(({ id }, index) => [id, `number ${index}`]));
    const [before, jobs] = [await lastWritten(stage.world), await after(() => closing.sweep(10), names)];
    expect(jobs).toEqual([
      [0, 1, 2].map((n) => `card.publish of number ${n}`).concat([0, 1, 2].map((n) => `notice.send of number ${n}`)),
    ]);
    expect(await statementsSince(stage.world, before)).toEqual({ events: 1, jobs: 1 });
  });

  it('a collection and a use: the cards when it is collected, the threads at the first use and the first refusals', async () => {
    const approved = await approvedRefund(stage, { max_uses: 3 });
    await putCard(stage.world, approved.id);
    const redeemed = async (): Promise<string> =>
      (await stage.caller('support-bot').redeem(approved.code)).body.access_token as string;
    let token = '';
    expect(await after(async () => void (token = await redeemed()))).toEqual([
      [...CARD_THREAD, 'deadline.grant (later) of a grant'],
    ]);
    const thread = [['card.thread of a request']];
    expect(await after(() => use(token, 'a'))).toEqual(thread);
    expect(await after(() => use(token, 'b'))).toEqual([]);
    const refuse = () =>
      stage
        .caller('payments-api')
        .post('/v1/tokens/consume', { token, call_id: `x${(orders += 1)}`, action: 'ledger.drop' });
    for (let nth = 1; nth <= 6; nth += 1) expect(await after(refuse)).toEqual(thread);
    expect(await after(refuse)).toEqual([]);
    expect(await after(() => stage.caller('support-bot').renew(token))).toEqual([]);
    expect(await after(() => use(token, 'c'))).toEqual([]);
  });

  it('the end of a grant: the cards and the threads, and a notice where it was revoked', async () => {
    const done = await collected();
    const complete = (outcome: string) => () =>
      stage.caller('support-bot').post(`/v1/grants/${done.grant}/complete`, { outcome });
    expect(await after(complete('succeeded'))).toEqual([CARD_THREAD]);
    expect(await after(complete('failed'))).toEqual([]);
    const revoked = await collected();
    expect(await after(() => send('bob', `/v1/grants/${revoked.grant}/revoke`, { reason: 'No.' }))).toEqual([
      CARD_THREAD_NOTICE,
    ]);
    const old = await approvedRefund(stage);
    await ageReadyGrant(stage.world, old.grant, 24 * 3_600);
    expect(await after(() => closing.grant(old.grant))).toEqual([CARD]);
  });

  it('a stop: what of it waits is told at once, and each end when it is written', async () => {
    const asked = await shownAsk(two());
    await (await stage.person('bob')).decide(asked, 'approve');
    expect(await after(() => call('ops-cli', '/v1/kill', { kind: 'approver', id: 'bob', reason: 'Drill.' }))).toEqual([
      CARD,
    ]);
    const [parent, task] = [await collected({ max_uses: 2 }), { id: 'run-stopped' }];
    const below = created(await stage.caller('rival-bot').ask(refundAsk(), under(parent.token)), 202);
    expect((await (await stage.person('carol')).decide(below, 'approve')).status).toBe(200);
    const waits = await ask({ task });
    expect(
      await after(() => call('ops-cli', '/v1/kill', { kind: 'task', id: `support-bot/${task.id}`, reason: 'Drill.' })),
    ).toEqual([]);
    expect(await after(() => closing.escalation(waits.id))).toEqual([CARD_NOTICE]);
    const names = { [parent.id]: 'what was handed on', [below.id]: 'what it was handed on to' };
    const ended = await after(
      () => call('support-bot', `/v1/grants/${parent.grant}/complete`, { outcome: 'succeeded' }),
      names,
    );
    expect(ended).toEqual([
      [
        'card.publish of what it was handed on to',
        'card.publish of what was handed on',
        'card.thread of what was handed on',
        'notice.send of what it was handed on to',
      ],
    ]);
  });

  it('an apply: the cards of what it takes back or ends', async () => {
    const [gone, vote] = [await ask(), await shownAsk(two())];
    await (await stage.person('alice')).decide(vote, 'approve');
    await (await stage.person('carol')).decide(vote, 'approve');
    const names = { [gone.id]: 'what left', [vote.id]: 'what was voted on' };
    const jobs = await after(
      () =>
        applyConfig(
          stage.world,
          (config) => {
            delete (config.resources[0]?.['actions'] as Record<string, unknown>)['refund.create'];
            config.people = config.people.filter(({ id }) => id !== 'carol');
            for (const group of config.groups)
              group['members'] = (group['members'] as string[]).filter((id) => id !== 'carol');
          },
          POLICIES.replace(/@id\("refunds"\)[^;]*;/, ''),
        ),
      names,
    );
    expect(jobs).toEqual([
      expect.arrayContaining([
        'card.publish of what left',
        'card.publish of what was voted on',
        'notice.send of what left',
      ]),
    ]);
    expect(jobs[0]?.filter((job) => job.endsWith('of what was voted on'))).toEqual([
      'card.publish of what was voted on',
    ]);
    expect(jobs[0]?.filter((job) => job.startsWith('policy.reevaluate'))).toHaveLength(1);
  });
});
