import { describe, expect, it } from '@jest/globals';
import { clickMatches, parseClick, parseDenySubmission, reasonFault, type SlackClick } from './clicks.js';

const body = {
  type: 'block_actions',
  user: { id: 'U0002', username: 'bob', team_id: 'T0001' },
  api_app_id: 'A0001',
  token: 'legacy',
  container: { type: 'message', message_ts: '1700000000.000100', channel_id: 'C0001', is_ephemeral: false },
  trigger_id: '12.34.abc',
  team: { id: 'T0001', domain: 'example' } as { id: string; domain: string } | null,
  channel: { id: 'C0001', name: 'oncall' },
  actions: [
    { type: 'button', action_id: 'writ_approve', block_id: 'b', value: 'card-1', action_ts: '1700000001.000000' },
  ],
};
const click: SlackClick = {
  cardId: 'card-1',
  teamId: 'T0001',
  userId: 'U0002',
  apiAppId: 'A0001',
  channelId: 'C0001',
  messageTs: '1700000000.000100',
  triggerId: '12.34.abc',
};
const submission = {
  type: 'view_submission',
  team: { id: 'T0001' },
  user: { id: 'U0002', team_id: 'T0001' },
  api_app_id: 'A0001',
  view: {
    id: 'V1',
    callback_id: 'writ_deny_modal',
    private_metadata: 'card-1',
    state: { values: { reason: { reason: { type: 'plain_text_input', value: '  no ticket ' as unknown } } } },
  },
};

describe('a click', () => {
  it('is read whole', () => {
    expect(parseClick(body)).toEqual(click);
  });

  it('takes the user’s own team when the app is installed for the organisation', () => {
    expect(parseClick({ ...body, team: null })?.teamId).toBe('T0001');
  });

  it.each([
    ['no user', { user: undefined }],
    ['no user id', { user: { team_id: 'T0001' } }],
    ['no team anywhere', { team: null, user: { id: 'U0002' } }],
    ['a team without id', { team: { domain: 'example' } }],
    ['two teams', { user: { id: 'U0002', team_id: 'T0009' } }],
    ['no app', { api_app_id: undefined }],
    ['no container', { container: undefined }],
    ['no message', { container: { type: 'view', view_id: 'V1' } }],
    ['a message id of another form', { container: { ...body.container, message_ts: 'x' } }],
    ['no channel', { channel: undefined }],
    ['two channels', { channel: { id: 'C0009' } }],
    ['no trigger', { trigger_id: undefined }],
    ['no action', { actions: [] }],
    ['two actions', { actions: [body.actions[0], body.actions[0]] }],
    ['no value', { actions: [{ action_id: 'writ_approve' }] }],
    ['a value that is an object', { actions: [{ value: { toString: 'card-1' } }] }],
  ])('is refused with %s', (_, over) => {
    expect(parseClick({ ...body, ...over })).toBeNull();
  });

  it.each([null, undefined, 'text', 7, []])('is refused when the body is %j', (value) => {
    expect(parseClick(value)).toBeNull();
  });

  it('belongs to a card only in the same channel, message, workspace and app', () => {
    const card = { channel: 'C0001', ts: '1700000000.000100' };
    const workspace = { teamId: 'T0001', appId: 'A0001' };
    expect(clickMatches(click, card, workspace)).toBe(true);
    expect(clickMatches(click, { ...card, ts: null }, workspace)).toBe(false);
    expect(clickMatches(click, { ...card, ts: '1700000000.000200' }, workspace)).toBe(false);
    expect(clickMatches(click, { ...card, channel: 'C0009' }, workspace)).toBe(false);
    expect(clickMatches(click, card, { ...workspace, teamId: 'T0009' })).toBe(false);
    expect(clickMatches(click, card, { ...workspace, appId: 'A0009' })).toBe(false);
  });
});

describe('a submitted denial', () => {
  it('is read with its reason trimmed', () => {
    expect(parseDenySubmission(submission)).toEqual({
      cardId: 'card-1',
      teamId: 'T0001',
      userId: 'U0002',
      apiAppId: 'A0001',
      viewId: 'V1',
      reason: 'no ticket',
    });
  });

  it('has an empty reason when Slack sends none', () => {
    const empty = structuredClone(submission);
    empty.view.state.values.reason.reason.value = null;
    expect(parseDenySubmission(empty)?.reason).toBe('');
  });

  it('is refused without its card, its field or its sender', () => {
    expect(parseDenySubmission({ ...submission, view: { ...submission.view, private_metadata: '' } })).toBeNull();
    expect(parseDenySubmission({ ...submission, view: { ...submission.view, state: { values: {} } } })).toBeNull();
    expect(parseDenySubmission({ ...submission, user: undefined })).toBeNull();
  });

  it('needs a reason of 1 to 500 characters', () => {
    expect(reasonFault('no ticket')).toBeNull();
    expect(reasonFault('')).not.toBeNull();
    expect(reasonFault('x'.repeat(501))).not.toBeNull();
  });
});
