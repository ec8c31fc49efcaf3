import { describe, expect, it } from '@jest/globals';
import { parseCommand } from './commands.js';
import { parseHomeClick } from './home-clicks.js';

const TYPED = { team_id: 'T0001', user_id: 'U0002', api_app_id: 'A0001', command: '/writ', text: '  list ' };

describe('a slash command', () => {
  it('is an account, a command and its words', () => {
    expect(parseCommand(TYPED)).toEqual({
      teamId: 'T0001',
      userId: 'U0002',
      apiAppId: 'A0001',
      command: '/writ',
      text: 'list',
    });
  });

  it.each([
    ['no team', { team_id: '' }],
    ['a user that is none', { user_id: 'bob' }],
    ['no app', { api_app_id: '' }],
    ['no command', { command: 'writ' }],
    ['words without end', { text: 'x'.repeat(4_001) }],
  ])('is none with %s', (_, changes) => {
    expect(parseCommand({ ...TYPED, ...changes })).toBeNull();
  });
});

const CLICK = {
  type: 'block_actions',
  user: { id: 'U0002', team_id: 'T0001' },
  team: { id: 'T0001' },
  api_app_id: 'A0001',
  trigger_id: '1.2.x',
  container: { type: 'view', view_id: 'V1' },
  view: { id: 'V1', type: 'home' },
  actions: [{ type: 'button', action_id: 'writ_home_revoke', value: 'grt_1' }],
};

describe('a click in a Home tab', () => {
  it('names account, trigger and what the button is about', () => {
    const who = { teamId: 'T0001', userId: 'U0002', apiAppId: 'A0001' };
    expect(parseHomeClick(CLICK)).toEqual({ ...who, triggerId: '1.2.x', value: 'grt_1' });
  });

  it.each([
    ['in a message', { container: { type: 'message', message_ts: '1.1', channel_id: 'C1' } }],
    ['in a modal', { view: { id: 'V1', type: 'modal' } }],
    ['of two teams', { team: { id: 'T0666' } }],
    ['of no app', { api_app_id: undefined }],
    ['without a trigger', { trigger_id: undefined }],
    ['on two buttons', { actions: [...CLICK.actions, ...CLICK.actions] }],
    ['without a value', { actions: [{ type: 'button', action_id: 'writ_home_revoke' }] }],
  ])('is none %s', (_, changes) => {
    expect(parseHomeClick({ ...CLICK, ...changes })).toBeNull();
  });
});
