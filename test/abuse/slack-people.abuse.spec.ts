import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../harness/judges/invariants.js';
import type { Card } from '../harness/actors/person.js';
import { buttonValue, clickPayload, denyPayload } from '../harness/actors/slack-delivery.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

interface Asked {
  readonly id: string;
  readonly digest: string;
  readonly card: Card;
}
type Told = Card & { readonly ephemeral_to?: string };
type Members = Record<string, unknown>;

let stage: Stage;
/** Pending throughout: nothing below may decide it. */
let asked: Asked;

beforeAll(async () => {
  stage = await setStage();
  asked = await ask();
});
afterEach(async () => {
  stage.broker.slack.faults.clear();
  expect((await stage.caller('support-bot').get(`/v1/escalations/${asked.id}`)).body.status).toBe('pending');
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

let asks = 0;

/** Each ask is another order: identical open asks of an agent share a card. */
async function ask(): Promise<Asked> {
  const order = String((asks += 1));
  const { id, digest } = created(await stage.caller('support-bot').ask(refundAsk(order)), 202);
  return { id, digest, card: await stage.slack.card(id) };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the driver says
const deliver = (payload: unknown): Promise<any> => stage.slack.call('deliver', { payload });
const event = (inner: Members): Promise<unknown> =>
  stage.slack.call('deliver', {
    json: {
      type: 'event_callback',
      team_id: stage.broker.slack.env.SLACK_TEAM_ID,
      api_app_id: stage.broker.slack.env.SLACK_APP_ID,
      event: inner,
    },
  });

/** What this person alone is told by `act`. */
async function told(user: string, act: () => Promise<unknown>): Promise<string> {
  const before = (await stage.slack.messages()).length;
  await act();
  const message = await until(`${user} is told`, async () =>
    ((await stage.slack.messages()) as Told[]).slice(before).find((said) => said.ephemeral_to === user),
  );
  return message.text;
}

interface Refused {
  readonly type: string;
  readonly data: { readonly code: string; readonly slack_user?: string };
}
async function refusedVotes(id: string): Promise<readonly Refused[]> {
  const found = await stage.caller('auditor-tool').get(`/v1/audit/events?escalation=${id}&type=vote.refused&limit=200`);
  return found.body.items as Refused[];
}

/** Every place of a click that says where it comes from. */
const FIELDS = [
  'team.id',
  'user.id',
  'user.team_id',
  'api_app_id',
  'channel.id',
  'container.channel_id',
  'container.message_ts',
  'actions.0.value',
  'user',
  'team',
  'channel',
  'container',
  'actions',
] as const;
/** Without these nothing says who acted on what: no listener is reached, and there is nobody to tell. */
const NAMELESS: readonly string[] = ['user', 'actions'];
/** Where the user's own team is told, that of the payload may be missing, and the other way round (organisations). */
const MAY_BE_ABSENT: readonly string[] = ['team', 'user.team_id'];
const OTHERS: Readonly<Record<string, unknown>> = {
  'container.message_ts': '1700000000.000100',
  'actions.0.value': 'x',
};

function changed(payload: Members, path: string, value: unknown): Members {
  const copy = structuredClone(payload);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Members>((node, name) => node[name] as Members, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe('a signed click that does not come from where the card stands', () => {
  const honest = (): Members => clickPayload(stage.broker, asked.card, 'U0002');
  /** Refused aloud and in the history, or in the log when it does not even name what it was a click on. */
  const traces = async (): Promise<number> =>
    (await refusedVotes(asked.id)).length +
    ((await stage.slack.messages()) as Told[]).filter((said) => said.ephemeral_to !== undefined).length +
    stage.broker.logged.filter((line) => /incomplete|refused|listener failed/.test(line)).length;

  it.each(FIELDS.filter((path) => !MAY_BE_ABSENT.includes(path)))('without %s counts as a mismatch', async (path) => {
    const before = await traces();
    expect(await deliver(changed(honest(), path, undefined))).toMatchObject({ status: 200, body: '' });
    if (!NAMELESS.includes(path)) await until('it left a trace', async () => (await traces()) > before, 3_000);
  });

  it.each(FIELDS)('with another %s is refused', async (path) => {
    const before = await traces();
    expect(await deliver(changed(honest(), path, OTHERS[path] ?? 'X0666'))).toMatchObject({ status: 200, body: '' });
    if (!NAMELESS.includes(path)) await until('it left a trace', async () => (await traces()) > before, 3_000);
  });

  it.each(['team.id', 'user.id', 'channel.id', 'actions.0.value', 'api_app_id'])(
    'with a %s of another type is refused',
    async (path) => {
      for (const value of [null, 1, [asked.card.channel], { id: 'T0001' }, 'T0001\nT0001', ' T0001'])
        expect(await deliver(changed(honest(), path, value))).toMatchObject({ status: 200, body: '' });
    },
  );

  it('of another workspace, consistent in itself, is refused and recorded as foreign', async () => {
    const foreign = changed(changed(honest(), 'team.id', 'T0666'), 'user.team_id', 'T0666');
    expect(await told('U0002', () => deliver(foreign))).toMatch(/did not come from where the request was posted/);
    await until('it is recorded', async () =>
      (await refusedVotes(asked.id)).some(({ data }) => data.code === 'foreign_click'),
    );
  });

  it('carrying the card of another request is refused: an old card decides nothing new', async () => {
    const newer = await ask();
    const swapped = changed(honest(), 'actions.0.value', buttonValue(newer.card));
    expect(await told('U0002', () => deliver(swapped))).toMatch(/did not come from where/);
    expect((await stage.caller('support-bot').get(`/v1/escalations/${newer.id}`)).body.status).toBe('pending');
  });
});

describe('a bound account that is not what it was', () => {
  it.each<readonly [string, Members, RegExp]>([
    ['deactivated', { deleted: true }, /deactivated/],
    ['a bot', { is_bot: true }, /bots cannot decide/],
    ['an app user', { is_app_user: true }, /bots cannot decide/],
    ['a workflow bot', { is_workflow_bot: true }, /bots cannot decide/],
    ['a connector bot', { is_connector_bot: true }, /bots cannot decide/],
    ['a guest', { is_restricted: true }, /guest accounts cannot decide/],
    ['a guest of one channel', { is_restricted: true, is_ultra_restricted: true }, /guest accounts cannot decide/],
    ['a stranger', { is_stranger: true }, /other organisations cannot decide/],
    ['unconfirmed', { is_email_confirmed: false }, /e-mail address of this Slack account is not confirmed/],
    ['of another workspace', { team_id: 'T0666' }, /belongs to another workspace/],
    ['without a flag that Slack always sends', { is_bot: null }, /told too little/],
    ['without its workspace', { team_id: null }, /told too little/],
    ['somebody else', { id: 'U0003' }, /told too little/],
  ])('%s: refused with its own reason, and nothing is counted', async (_name, flags, why) => {
    stage.broker.slack.putPerson({ user: 'U0002', name: 'bob', flags: flags as never });
    const said = await told('U0002', () => stage.slack.click('U0002', asked.card.ts, 'writ_approve'));
    expect(said).toMatch(why);
    expect(said).toMatch(/Nothing was counted/);
    stage.broker.slack.putPerson({ user: 'U0002', name: 'bob' });
  });

  it.each([
    'bob@example.com',
    'BOB@EXAMPLE.COM',
    'bob+1@example.com',
    'b\u043eb@example.com',
    'bob@example.com\u200b',
    ' bob@example.com',
  ])('nobody becomes bob by the e-mail address %j', async (email) => {
    const flags = { profile: { email, real_name: 'Bob' }, is_email_confirmed: true };
    stage.broker.slack.putPerson({ user: 'U0777', name: 'bob', realName: 'Bob', flags });
    const said = await told('U0777', () => stage.slack.click('U0777', asked.card.ts, 'writ_approve'));
    expect(said).toMatch(/not linked to a person in Writ/);
  });
});

describe('while Slack cannot say who somebody is', () => {
  it.each([
    ['fails', { kind: 'status', status: 500 }],
    ['asks for patience', { kind: 'status', status: 429, retryAfterSeconds: 30 }],
    ['hangs', { kind: 'hang' }],
    ['breaks off', { kind: 'reset' }],
  ] as const)('because users.info %s: answered in time, told to try again, and REST works', async (_name, fault) => {
    const other = await ask();
    stage.broker.slack.faults.set('users.info', fault, Infinity);
    const started = performance.now();
    const said = await told('U0003', async () => {
      expect(await stage.slack.click('U0003', other.card.ts, 'writ_approve')).toMatchObject({ ok: true, status: 200 });
    });
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(said).toMatch(/could not confirm your account just now\. Nothing was counted\. Please try again/);
    expect((await stage.caller('support-bot').get(`/v1/escalations/${other.id}`)).body.status).toBe('pending');
    expect((await (await stage.person('carol')).decide(other, 'approve')).status).toBe(200);
  });
});

describe('a submitted modal is judged anew', () => {
  it('sent by another than who opened it: the sender counts, and may not', async () => {
    const other = await ask();
    await stage.slack.click('U0003', other.card.ts, 'writ_deny');
    const sent = denyPayload(stage.broker, 'U0004', buttonValue(other.card), 'Mine.');
    expect(await told('U0004', () => deliver(sent))).toMatch(/not in a group that this request asks/);
    expect((await stage.caller('support-bot').get(`/v1/escalations/${other.id}`)).body.status).toBe('pending');
  });

  it.each<readonly [string, () => string]>([
    ['an escalation', () => asked.id],
    ['its digest', () => asked.digest],
    ['nothing', () => ''],
    ['an unknown card', () => 'card_0'],
    ['JSON', () => JSON.stringify({ card: buttonValue(asked.card) })],
    ['3,000 characters', () => 'x'.repeat(3_000)],
  ])('whose private_metadata is %s: nothing happens', async (_name, metadata) => {
    const sent = denyPayload(stage.broker, 'U0003', metadata(), 'Swapped.');
    expect(await deliver(sent)).toMatchObject({ status: 200 });
  });

  it('with no reason, blanks or 501 characters: said in the modal', async () => {
    for (const reason of ['', '  \n ', 'x'.repeat(501)]) {
      const got = await deliver(denyPayload(stage.broker, 'U0003', buttonValue(asked.card), reason));
      expect(JSON.parse(String(got.body))).toMatchObject({
        response_action: 'errors',
        errors: { reason: expect.any(String) },
      });
    }
  });

  it('after the decision: refused aloud, and the decision stands', async () => {
    const other = await ask();
    await (await stage.person('carol')).decide(other, 'approve');
    const late = (): Promise<unknown> =>
      deliver(denyPayload(stage.broker, 'U0002', buttonValue(other.card), 'Too late.'));
    expect(await told('U0002', late)).toMatch(/already approved\. Nothing was counted/);
  });
});

describe('what is not a click on a button is no vote', () => {
  it.each<readonly [string, () => Members]>([
    [
      'typed text',
      () => ({ type: 'message', text: `approve ${asked.id}`, user: 'U0003', channel: 'C0001', ts: '1.1' }),
    ],
    [
      'a reply in the thread',
      () => ({ type: 'message', text: 'approve', user: 'U0003', channel: 'C0001', thread_ts: asked.card.ts }),
    ],
    ['a mention', () => ({ type: 'app_mention', text: 'approve', user: 'U0003', channel: 'C0001' })],
    [
      'an emoji',
      () => ({
        type: 'reaction_added',
        reaction: 'white_check_mark',
        user: 'U0003',
        item: { type: 'message', channel: 'C0001', ts: asked.card.ts },
      }),
    ],
  ])('%s', async (_name, inner) => {
    expect(await event(inner())).toMatchObject({ status: 200, body: '' });
  });

  it.each(['shortcut', 'message_action', 'view_closed'])('a %s', async (type) => {
    const sent = { ...clickPayload(stage.broker, asked.card, 'U0003'), type, callback_id: 'writ_approve' };
    expect(await deliver(sent)).toMatchObject({ status: 200, body: '' });
  });

  it('a slash command, or an unknown or doubled action', async () => {
    const { SLACK_TEAM_ID: team_id, SLACK_APP_ID: api_app_id } = stage.broker.slack.env;
    const command = { command: '/writ', text: `approve ${asked.id}`, user_id: 'U0003', team_id, api_app_id };
    const body = new URLSearchParams(command).toString();
    expect(await stage.slack.call('deliver', { body })).toMatchObject({
      status: 200,
      body: expect.stringContaining('takes no decision by typing'),
    });
    const honest = clickPayload(stage.broker, asked.card, 'U0003');
    const [action] = honest['actions'] as Members[];
    await deliver(changed(honest, 'actions.0.action_id', 'writ_approve_all'));
    await deliver({ ...honest, actions: [action, action] });
    await deliver({ ...honest, actions: [] });
  });
});
