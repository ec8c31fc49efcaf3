import { describe, expect, it } from '@jest/globals';
import { parseSlackBody } from '../receive/ingress.js';
import { asDelivery } from './socket-envelope.js';

const read = (type: string, body: unknown, id = 'e-1') => {
  const delivery = asDelivery({ id, type, body });
  return delivery && parseSlackBody(delivery.rawBody, delivery.contentType);
};

describe('an envelope of a socket', () => {
  it('is read as the delivery that would have carried it over HTTP', () => {
    const click = { type: 'block_actions', actions: [{ value: 'a&b=c %7B "ü"' }] };
    expect(read('interactive', click)).toEqual({ kind: 'interaction', payload: click });
    const event = { type: 'event_callback', event: { type: 'user_change' } };
    expect(read('events_api', event)).toEqual({ kind: 'event', payload: event });
    const command = { command: '/writ', team_id: 'T1', user_id: 'U1', api_app_id: 'A1', text: 'list' };
    expect(read('slash_commands', command)).toEqual({ kind: 'command', payload: command });
  });

  it.each([
    ['an interaction of an unknown kind', 'interactive', { type: 'block_suggestion' }],
    [
      'nesting past the cap',
      'interactive',
      { type: 'block_actions', deep: JSON.parse('['.repeat(80) + ']'.repeat(80)) },
    ],
    ['an unknown type', 'workflow', { type: 'block_actions' }],
    ['no body', 'interactive', null],
  ])('that holds %s is of no use', (_, type, body) => {
    expect(read(type, body)).toBeNull();
  });

  it.each(['', 'a b', 'a:b', 'x'.repeat(129)])('with the id %j is of no use', (id) => {
    expect(read('interactive', { type: 'block_actions' }, id)).toBeNull();
  });
});
