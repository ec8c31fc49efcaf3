import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../harness/judges/invariants.js';
import type { Card } from '../harness/actors/person.js';
import { buttonValue, clickPayload, denyPayload } from '../harness/actors/slack-delivery.js';
import { created, setStage, type Stage } from '../harness/world/stage.js';
import { until } from '../harness/judges/until.js';

type Members = Record<string, unknown>;
type Told = Card & { readonly ephemeral_to?: string };
interface View {
  readonly type: string;
  readonly user: string;
  readonly blocks: readonly unknown[];
}

const GRID = { id: 'E0001', name: 'Example' };
let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => {
  stage.broker.slack.faults.clear();
  stage.broker.slack.putPerson({ user: 'U0002', name: 'bob' });
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

let asks = 0;
async function ask(): Promise<{ id: string; digest: string; card: Card }> {
  asks += 1;
  const { id, digest } = created(await stage.caller('support-bot').ask(refundAsk(String(asks))), 202);
  return { id, digest, card: await stage.slack.card(id) };
}

const status = async (id: string): Promise<unknown> =>
  (await stage.caller('support-bot').get(`/v1/escalations/${id}`)).body.status;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the driver says
const deliver = (payload: unknown): Promise<any> => stage.slack.call('deliver', { payload });
const sentences = async (): Promise<string[]> =>
  ((await stage.slack.messages()) as Told[])
    .filter((message) => message.ephemeral_to !== undefined)
    .map((message) => `${message.ephemeral_to}: ${message.text}`);
/** What was good a moment ago is kept for a minute; a changed account is asked about anew. */
const forget = (user: string): Promise<unknown> =>
  stage.slack.call('deliver', {
    json: {
      type: 'event_callback',
      team_id: 'T0001',
      api_app_id: stage.broker.slack.env.SLACK_APP_ID,
      event: { type: 'user_change', user: { id: user } },
    },
  });
const homes = async (user: string): Promise<string> => {
  const { views } = (await stage.slack.call('messages')) as { views: View[] };
  return JSON.stringify(views.filter((view) => view.type === 'home' && view.user === user));
};

/** The one sentence that `act` brings somebody. */
async function told(act: () => Promise<unknown>): Promise<string> {
  const before = (await sentences()).length;
  await act();
  return until('somebody is told', async () => (await sentences())[before]);
}

/** An honest click, with other members in place of its own; `undefined` takes one out. */
function clickWith(card: Card, changes: Members, actionId = 'writ_approve'): Members {
  const honest = clickPayload(stage.broker, card, 'U0002');
  const actions = (honest['actions'] as Members[]).map((action) => ({ ...action, action_id: actionId }));
  return JSON.parse(JSON.stringify({ ...honest, actions, ...changes })) as Members;
}
const bob = (team: unknown): Members => ({ id: 'U0002', username: 'bob', team_id: team });
const ours = (more: Members = {}): Members => ({ id: 'T0001', domain: 'local', ...more });

describe('a signed click of an account that is not plainly of our workspace', () => {
  it.each<readonly [string, Members, RegExp]>([
    ['of another workspace, in ours', { user: bob('T0666') }, /^U0002: Your account belongs to another workspace/],
    [
      'of another workspace, in a shared channel',
      { user: bob('T0666'), team: ours({ enterprise_id: 'E0001' }) },
      /another workspace/,
    ],
    [
      'of an organisation that the workspace is not in',
      { user: bob('E0666'), team: ours({ enterprise_id: 'E0001' }), enterprise: GRID },
      /another workspace/,
    ],
    [
      'of two organisations',
      { user: bob('E0001'), team: ours({ enterprise_id: 'E0666' }), enterprise: GRID },
      /another workspace/,
    ],
    [
      'of an organisation that Slack does not confirm',
      { user: bob('E0001'), team: ours({ enterprise_id: 'E0001' }) },
      /belongs to another workspace/,
    ],
    ['of no workspace at all', { user: { id: 'U0002' }, team: null }, /too little about who acted/],
    ['of a workspace without id', { team: { domain: 'local' } }, /too little about who acted/],
    [
      'of an install for an organisation, by its id alone',
      { user: bob('E0001'), team: null, enterprise: GRID, is_enterprise_install: true },
      /did not come from where/,
    ],
    ['of another app', { api_app_id: 'A0666' }, /did not come from where/],
    ['of no app', { api_app_id: undefined }, /too little about who acted/],
    [
      'of another workspace, consistent in itself',
      { user: bob('T0666'), team: { id: 'T0666' } },
      /did not come from where/,
    ],
    ['of nobody we know', { user: { id: 'U0666', team_id: 'T0001' } }, /^U0666: .*not linked to a person/],
  ])('%s ends in a sentence and no vote', async (_, changes, sentence) => {
    const { id, card } = await ask();
    stage.broker.slack.putPerson({ user: 'U0666', name: 'stranger' });
    expect(await told(() => deliver(clickWith(card, changes)))).toMatch(sentence);
    for (const action of ['writ_deny', 'writ_limits', 'writ_details', 'writ_revoke'])
      expect(await told(() => deliver(clickWith(card, { ...changes, trigger_id: `9.${action}` }, action)))).toMatch(
        sentence,
      );
    expect(await status(id)).toBe('pending');
  });

  it.each<readonly [string, Members]>([
    ['an unknown button', { actions: [{ type: 'button', action_id: 'writ_approve_all', value: 'x' }] }],
    ['two buttons at once', { actions: [{ action_id: 'writ_approve' }, { action_id: 'writ_deny' }] }],
    ['no button', { actions: [] }],
    ['a shortcut', { type: 'message_action', callback_id: 'x' }],
  ])('on %s ends in a sentence, too', async (_, changes) => {
    const { id, card } = await ask();
    expect(await told(() => deliver(clickWith(card, changes)))).toMatch(/^U0002: .*Nothing was counted/);
    expect(await status(id)).toBe('pending');
  });
});

describe('an account of an Enterprise Grid', () => {
  const click = (card: Card): Members =>
    clickWith(card, { user: bob('E0001'), team: ours({ enterprise_id: 'E0001' }), enterprise: GRID });
  const grid = (teams: string[], enterprise_id = 'E0001'): void =>
    stage.broker.slack.putPerson({
      user: 'U0002',
      name: 'bob',
      flags: { team_id: null, enterprise_user: { id: 'U0002', enterprise_id, teams } },
    });

  it('votes where Slack says that it is a member of our workspace', async () => {
    const { id, card } = await ask();
    grid(['T0009', 'T0001']);
    await stage.slack.call('home', { user: 'U0002' });
    await deliver(click(card));
    await until('it is approved', async () => (await status(id)) === 'approved');
  });

  it.each<readonly [string, () => void]>([
    ['of another workspace of the same organisation', () => grid(['T0009'])],
    ['of another organisation', () => grid(['T0001'], 'E0009')],
    ['of no organisation', () => stage.broker.slack.putPerson({ user: 'U0002', name: 'bob' })],
    ['a guest', () => stage.broker.slack.putPerson({ user: 'U0002', name: 'bob', flags: { is_restricted: true } })],
  ])('is refused aloud when it is %s', async (_, set) => {
    const { id, card } = await ask();
    await forget('U0002');
    set();
    expect(await told(() => deliver(click(card)))).toMatch(/You cannot decide requests from this account/);
    expect(await status(id)).toBe('pending');
  });

  it('that installed the app for the whole organisation votes by its own workspace', async () => {
    const { id, card } = await ask();
    await deliver(clickWith(card, { team: null, enterprise: GRID, is_enterprise_install: true }));
    await until('it is approved', async () => (await status(id)) === 'approved');
  });
});

describe('a submitted form of such an account', () => {
  it.each<readonly [string, Members, RegExp]>([
    ['of another workspace', { user: bob('T0666') }, /another workspace/],
    ['of no workspace', { user: { id: 'U0002' }, team: null }, /too little/],
    ['of another app', { api_app_id: 'A0666' }, /did not come from where/],
    ['of nobody', { user: null }, /too little/],
  ])('%s stays open and says so', async (_, changes, why) => {
    const { id, card } = await ask();
    const form = { ...denyPayload(stage.broker, 'U0002', buttonValue(card), 'No.'), ...changes };
    const { response_action, errors } = JSON.parse((await deliver(form)).body) as Members;
    expect([response_action, (errors as Members)['reason']]).toEqual(['errors', expect.stringMatching(why)]);
    expect(await status(id)).toBe('pending');
  });

  it('that is none of ours is answered with a window that says so', async () => {
    const { card } = await ask();
    const form = denyPayload(stage.broker, 'U0002', buttonValue(card), 'No.');
    const view = { ...(form['view'] as Members), callback_id: 'writ_old_modal' };
    expect((await deliver({ ...form, view })).body).toMatch(/"response_action":"update".*Nothing was counted/);
  });
});

describe('what such an account types and opens', () => {
  const command = async (changes: Members): Promise<string> => {
    const { SLACK_TEAM_ID: team_id, SLACK_APP_ID: api_app_id } = stage.broker.slack.env;
    const fields = { command: '/writ', text: 'list', user_id: 'U0002', team_id, api_app_id, ...changes };
    return String((await stage.slack.call('deliver', { body: new URLSearchParams(fields).toString() })).body);
  };

  it.each<readonly [string, Members]>([
    ['of another workspace', { team_id: 'T0666' }],
    ['of an organisation', { team_id: '', enterprise_id: 'E0001', is_enterprise_install: 'true' }],
    ['of another app', { api_app_id: 'A0666' }],
    ['of no app', { api_app_id: '' }],
  ])('a command %s is answered', async (_, changes) => {
    expect(await command(changes)).toContain('Nothing was counted');
  });

  it.each<readonly [string, Members]>([
    ['of another workspace', { team_id: 'T0666' }],
    ['without a workspace', { team_id: undefined }],
    ['of another app', { api_app_id: 'A0666' }],
  ])('a Home tab opened %s says that Writ cannot serve it', async (_, changes) => {
    const event = { type: 'app_home_opened', user: 'U0003', channel: 'D1', tab: 'home' };
    await stage.slack.call('home', { user: 'U0003' });
    const { SLACK_APP_ID: api_app_id } = stage.broker.slack.env;
    await stage.slack.call('deliver', {
      json: { type: 'event_callback', team_id: 'T0001', api_app_id, event, ...changes },
    });
    await until('the tab says so', async () => (await homes('U0003')).includes('Writ cannot serve this account'));
  });

  it('a button of a Home tab, clicked from another workspace, says so there', async () => {
    await stage.slack.call('home', { user: 'U0004' });
    const { SLACK_APP_ID: api_app_id } = stage.broker.slack.env;
    const payload = {
      type: 'block_actions',
      user: { id: 'U0004', team_id: 'T0666' },
      team: ours(),
      api_app_id,
      container: { type: 'view', view_id: 'V1' },
      view: { id: 'V1', type: 'home' },
      trigger_id: '1.1',
      actions: [{ action_id: 'writ_home_revoke', value: 'grt_x' }],
    };
    await deliver(payload);
    await until('the tab says so', async () => (await homes('U0004')).includes('belongs to another workspace'));
  });

  it('a reply under a card is told once that it was not taken', async () => {
    const { card } = await ask();
    stage.broker.slack.putPerson({ user: 'U0667', name: 'stranger' });
    const say = (text: string) =>
      stage.slack.call('say', { user: 'U0667', channel: card.channel, thread_ts: card.ts, text });
    expect(await told(() => say('May I?'))).toMatch(/^U0667: Writ took none of your replies.*not linked/);
    const before = (await sentences()).length;
    await say('Hello?');
    expect(await sentences()).toHaveLength(before);
  });
});

describe('where Slack will not say who anybody is', () => {
  it.each([
    ['lacks the scope', 'missing_scope', /lacks the permission users:read/],
    ['has a token that was revoked', 'token_revoked', /\(token_revoked\)/],
    ['may not ask', 'org_login_required', /\(org_login_required\)/],
  ])('because the app %s: said plainly, with what helps, and REST works', async (_name, error, why) => {
    const { id, digest, card } = await ask();
    await forget('U0003');
    stage.broker.slack.faults.set('users.info', { kind: 'error', error }, Infinity);
    const said = await told(() => stage.slack.click('U0003', card.ts, 'writ_approve'));
    expect(said).toMatch(why);
    expect(said).toMatch(/Nothing was counted\. Trying again does not help: tell an operator/);
    expect(said).not.toMatch(/in a moment/);
    expect(stage.broker.logged.filter((line) => line.includes(`users.info: ${error}`))).toHaveLength(1);
    expect((await (await stage.person('carol')).decide({ id, digest }, 'approve')).status).toBe(200);
  });
});

describe('where the app may not speak in the channel', () => {
  it.each(['not_in_channel', 'missing_scope', 'is_archived', 'invalid_auth'])(
    'because of %s, a refused click is answered at its own address',
    async (error) => {
      const { card } = await ask();
      stage.broker.slack.faults.set('chat.postEphemeral', { kind: 'error', error }, Infinity);
      stage.broker.slack.putPerson({ user: 'U0666', name: 'stranger' });
      expect(await told(() => stage.slack.click('U0666', card.ts, 'writ_approve'))).toMatch(/^U0666: .*not linked/);
    },
  );
});

describe('what Slack did not sign', () => {
  it('is 401 and empty, whatever it holds', async () => {
    const { card } = await ask();
    const answer = await stage.slack.call('deliver', {
      payload: clickWith(card, { user: bob('T0666') }),
      secret: 'f'.repeat(32),
    });
    expect(answer).toMatchObject({ status: 401, body: '' });
  });
});
