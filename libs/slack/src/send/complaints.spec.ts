import { beforeEach, describe, expect, it } from '@jest/globals';
import { Complaints } from './complaints.js';
import { adviceOn, refusalOf } from './slack-fault.js';

let told: string[];
let complaints: Complaints;
beforeEach(() => {
  told = [];
  complaints = new Complaints({ warn: (message) => void told.push(message) });
});
const gone = (error: string) => ({ kind: 'gone', error }) as const;

describe('what Slack refuses the app', () => {
  it('is told once a call, place and cause, until it works again', () => {
    for (const channel of ['C1', 'C1', 'C2', 'C1'])
      complaints.heard('chat.postMessage', channel, gone('not_in_channel'));
    complaints.heard('chat.update', 'C1', gone('not_in_channel'));
    expect(told).toHaveLength(3);
    complaints.heard('chat.postMessage', 'C1', {
      kind: 'unavailable',
      error: 'token_revoked',
      maybeDone: false,
    } as never);
    complaints.heard('chat.postMessage', 'C1', { kind: 'ok' });
    complaints.heard('chat.postMessage', 'C1', { kind: 'ok' });
    complaints.heard('chat.postMessage', 'C1', gone('not_in_channel'));
    expect(told.slice(3)).toEqual([
      expect.stringContaining('in C1: token_revoked. What to do: Slack does not take SLACK_BOT_TOKEN'),
      expect.stringContaining('Slack takes chat.postMessage in C1 again'),
      expect.stringContaining('in C1: not_in_channel. What to do: invite the app'),
    ]);
  });

  it.each(['internal_error', 'service_unavailable', 'WebAPIRequestError', 'no_ts'])(
    'is not %s, which passes by itself',
    (error) => expect(refusalOf({ kind: 'unavailable', error, maybeDone: true })).toBeNull(),
  );

  it.each([
    'user_not_found',
    'user_not_in_channel',
    'message_not_found',
    'thread_not_found',
    'expired_trigger_id',
    'cannot_dm_bot',
    'foreign_response_url',
  ])('is not %s, which is about one person, message or window', (error) => expect(refusalOf(gone(error))).toBeNull());

  it.each(['not_in_channel', 'restricted_action_read_only_channel', 'ekm_access_denied', 'a_word_of_tomorrow'])(
    'is %s, known or not',
    (error) => expect(refusalOf(gone(error))).toEqual({ error, scope: null }),
  );

  it('names the scope where one is missing', () => {
    const fault = { kind: 'unavailable', error: 'missing_scope', maybeDone: false, scope: 'users:read' } as const;
    expect(adviceOn(refusalOf(fault) ?? { error: '', scope: null })).toMatch(/add the scope users:read/);
  });
});
