import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type BoltApp,
  type ButtonHandlers,
  createBoltApp,
  type FormHandlers,
  registerActions,
  turningBackNameless,
} from './bolt-app.js';

const click = (actionId: string) => ({
  type: 'block_actions',
  user: { id: 'U0002', team_id: 'T0001' },
  api_app_id: 'A0001',
  container: { type: 'message', message_ts: '1700000000.000100', channel_id: 'C0001' },
  trigger_id: '1.2.x',
  team: { id: 'T0001' },
  channel: { id: 'C0001' },
  actions: [{ type: 'button', action_id: actionId, block_id: 'b', value: 'card-1' }],
});
const denial = (value: string | null) => ({
  type: 'view_submission',
  team: { id: 'T0001' },
  user: { id: 'U0002', team_id: 'T0001' },
  api_app_id: 'A0001',
  view: {
    id: 'V1',
    callback_id: 'writ_deny_modal',
    private_metadata: 'card-1',
    state: { values: { reason: { reason: { type: 'plain_text_input', value } } } },
  },
});

let bolt: BoltApp;
let heard: string[];
let logged: string[];

beforeEach(async () => {
  heard = [];
  logged = [];
  const keep = (message: string) => void logged.push(message);
  const log = { warn: keep, error: keep };
  const hear = (name: string) => async (what: { cardId: string }) => void heard.push(`${name} ${what.cardId}`);
  const handlers: ButtonHandlers & FormHandlers = {
    approve: hear('approve'),
    openDeny: hear('openDeny'),
    submitDeny: async ({ cardId, reason }, answer) => {
      heard.push(`submitDeny ${cardId}`);
      await answer(reason === 'late' ? { reason: 'decided' } : null);
    },
    openDetails: async () => {
      throw new Error('broken xoxb-1-secret');
    },
    openLimits: hear('openLimits'),
    submitLimits: async ({ cardId, form }, answer) => {
      heard.push(`submitLimits ${cardId} ${form.ttlExact}`);
      await answer(form.ttlExact === '0' ? { ttl_exact: 'no' } : null);
    },
    revoke: hear('revoke'),
  };
  // Nothing listens there: a call to Slack at boot or on a click would show as a failure.
  bolt = await createBoltApp({ token: 'xoxb-1', botId: 'B1', botUserId: 'U9', apiUrl: 'http://127.0.0.1:9/api/', log });
  registerActions(
    bolt.app,
    { buttons: handlers, forms: handlers },
    async (action) => void heard.push(`incomplete ${action}`),
  );
});

const send = (body: Record<string, unknown>) =>
  bolt.process(body, async (answer) => void heard.push(`ack ${JSON.stringify(answer) ?? ''}`));

describe('the buttons of a card', () => {
  it.each([
    ['writ_approve', 'approve card-1'],
    ['writ_deny', 'openDeny card-1'],
    ['writ_limits', 'openLimits card-1'],
    ['writ_revoke', 'revoke card-1'],
  ])('%s acknowledges first and is heard once', async (actionId, handled) => {
    await send(click(actionId));
    expect(heard).toEqual(['ack ', handled]);
    expect(logged).toEqual([]);
  });

  it('send a submitted denial on with its reason', async () => {
    await send(denial('no ticket'));
    expect(heard).toEqual(['submitDeny card-1', 'ack ']);
  });

  it('keep the modal of a denial open with what was typed when it is refused', async () => {
    await send(denial('late'));
    expect(heard).toEqual(['submitDeny card-1', 'ack {"response_action":"errors","errors":{"reason":"decided"}}']);
  });

  it('answer a denial without a reason inside the modal', async () => {
    await send(denial('   '));
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('"response_action":"errors"');
  });

  it('acknowledge an incomplete click, which goes no further', async () => {
    await send({ ...click('writ_approve'), api_app_id: undefined });
    expect(heard).toEqual(['ack ', 'incomplete writ_approve']);
    expect(logged).toEqual([]);
  });

  it.each([
    ['no account', 'block_actions', { ...click('writ_approve'), user: undefined }],
    ['no action', 'block_actions', { ...click('writ_approve'), actions: [] }],
    ['two actions', 'block_actions', { ...click('writ_approve'), actions: [{}, {}] }],
    ['no actions at all', 'block_actions', { ...click('writ_approve'), actions: undefined }],
    ['no sender', 'view_submission', { ...denial('no'), user: null }],
    ['no modal', 'view_submission', { ...denial('no'), view: undefined }],
  ])('turn back an interaction with %s before Bolt sees it', async (_what, type, body) => {
    const door = turningBackNameless(bolt, async (action) => void heard.push(`incomplete ${action}`));
    await door.process(body as Record<string, unknown>, async () => void heard.push('ack'));
    expect(heard).toEqual(['ack', `incomplete ${type}`]);
  });

  it('survive a handler that throws, and log it without secrets', async () => {
    await send(click('writ_details'));
    expect(heard).toEqual(['ack ']);
    expect(logged.join()).toContain('a Slack listener failed');
    expect(logged.join()).not.toContain('xoxb');
  });
});
