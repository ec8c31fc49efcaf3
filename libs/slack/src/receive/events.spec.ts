import { describe, expect, it } from '@jest/globals';
import { parseSlackEvent, typedText } from './events.js';

const REPLY = {
  type: 'message',
  user: 'U0002',
  channel: 'C0001',
  channel_type: 'channel',
  text: 'Why tonight?',
  ts: '1700000000.000300',
  thread_ts: '1700000000.000100',
};
const envelope = (event: unknown, more: object = {}) => ({ team_id: 'T0001', api_app_id: 'A0001', event, ...more });

describe('an event of Slack', () => {
  it('is a reply when a person wrote in a thread', () => {
    expect(parseSlackEvent(envelope(REPLY))).toEqual({
      kind: 'said',
      teamId: 'T0001',
      apiAppId: 'A0001',
      userId: 'U0002',
      channel: 'C0001',
      ts: '1700000000.000300',
      threadTs: '1700000000.000100',
      text: 'Why tonight?',
    });
    expect(parseSlackEvent(envelope({ ...REPLY, subtype: 'thread_broadcast' }))).toMatchObject({ kind: 'said' });
  });

  it.each([
    ['of a bot', { bot_id: 'B0001' }],
    ['of an app', { app_id: 'A0001' }],
    ['that is a bot’s by its kind', { subtype: 'bot_message' }],
    ['that was edited', { subtype: 'message_changed' }],
    ['that bears an edit', { edited: { user: 'U0002', ts: '1.1' } }],
    ['that was deleted', { subtype: 'message_deleted' }],
    ['that nobody sees', { hidden: true }],
    ['outside a thread', { thread_ts: undefined }],
    ['that begins a thread', { thread_ts: REPLY.ts }],
    ['without its author', { user: undefined }],
    ['without its channel', { channel: undefined }],
    ['whose stamp is none', { ts: 'now' }],
    ['without text', { text: undefined }],
  ])('is nothing to us when it is a message %s', (_, changes) => {
    expect(parseSlackEvent(envelope({ ...REPLY, ...changes }))).toBeNull();
  });

  it('is nothing without team, app or event', () => {
    expect(parseSlackEvent(envelope(REPLY, { team_id: undefined }))).toBeNull();
    expect(parseSlackEvent(envelope(REPLY, { api_app_id: 7 }))).toBeNull();
    expect(parseSlackEvent(envelope(null))).toBeNull();
    expect(parseSlackEvent(envelope([]))).toBeNull();
  });

  it('tells of the Home tab alone, not of the app’s messages tab', () => {
    const opened = { type: 'app_home_opened', user: 'U0002', channel: 'D1', tab: 'home' };
    expect(parseSlackEvent(envelope(opened))).toMatchObject({ kind: 'home_opened', userId: 'U0002' });
    expect(parseSlackEvent(envelope({ ...opened, tab: 'messages' }))).toBeNull();
  });

  it('tells whose account changed', () => {
    expect(parseSlackEvent(envelope({ type: 'user_change', user: { id: 'U0002' } }))).toMatchObject({
      kind: 'user_changed',
      userId: 'U0002',
    });
  });
});

it('reads what was typed back from Slack’s three entities, each once', () => {
  expect(typedText('a &lt;b&gt; &amp;amp; c')).toBe('a <b> &amp; c');
});
