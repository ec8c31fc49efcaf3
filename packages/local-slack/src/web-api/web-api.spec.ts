import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CARD, clientFor, refusal, REASON_MODAL, startWorkbench, type Workbench } from '../testing/workbench.js';

let bench: Workbench;
beforeEach(async () => {
  bench = await startWorkbench();
});
afterEach(() => bench.close());

const channel = 'C0001';

describe('authentication', () => {
  it('answers auth.test with the ids of the environment', async () => {
    const { env } = bench.slack;
    expect(await bench.client.auth.test()).toMatchObject({
      ok: true,
      team_id: env.SLACK_TEAM_ID,
      user_id: env.SLACK_BOT_USER_ID,
      bot_id: env.SLACK_BOT_ID,
      response_metadata: { scopes: expect.arrayContaining(['chat:write']) },
    });
  });

  it('refuses another token, no token and an unknown method', async () => {
    expect((await refusal(clientFor(bench.slack, 'xoxb-other').auth.test())).error).toBe('invalid_auth');
    expect((await refusal(clientFor(bench.slack, '').auth.test())).error).toBe('not_authed');
    expect((await refusal(bench.client.apiCall('chat.scheduleMessage'))).error).toBe('unknown_method');
  });

  it('refuses a method whose scope was not granted', async () => {
    const narrow = await startWorkbench({ scopes: ['users:read'] });
    expect((await refusal(narrow.client.chat.postMessage({ channel, text: 'hello' }))).error).toBe('missing_scope');
    expect((await narrow.client.users.info({ user: 'U0001' })).user?.name).toBe('alice');
    await narrow.close();
  });

  it('takes a JSON body as well as a form', async () => {
    const response = await fetch(`${bench.slack.env.SLACK_API_URL}chat.postMessage`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bench.slack.env.SLACK_BOT_TOKEN}`,
        'content-type': 'application/json; charset=utf-8',
      },
      body: JSON.stringify({ channel, text: 'hello', blocks: CARD }),
    });
    expect(await response.json()).toMatchObject({ ok: true, channel });
  });
});

describe('messages', () => {
  it('have unique stamps, keep their metadata and are seen by the driver', async () => {
    const metadata = { event_type: 'writ_card', event_payload: { id: 'card-1' } };
    const first = await bench.client.chat.postMessage({ channel, text: 'one', blocks: CARD, metadata });
    const second = await bench.client.chat.postMessage({ channel, text: 'two', thread_ts: first.ts });
    expect(first.ts).toMatch(/^\d{10}\.\d{6}$/);
    expect(second.ts).not.toBe(first.ts);
    const { messages } = await bench.seen();
    expect(messages).toMatchObject([
      { channel, ts: first.ts, text: 'one', metadata },
      { channel, ts: second.ts, thread_ts: first.ts },
    ]);
  });

  it('are rewritten by chat.update, which keeps blocks that are not given', async () => {
    const { ts } = await bench.client.chat.postMessage({ channel, text: 'one', blocks: CARD });
    await bench.client.chat.update({ channel, ts: ts!, text: 'two' });
    expect((await bench.seen()).messages[0]).toMatchObject({
      text: 'two',
      blocks: [{ type: 'header' }, { type: 'actions' }],
      edited: {},
    });
    await bench.client.chat.update({ channel, ts: ts!, text: 'three', blocks: [] });
    expect((await bench.seen()).messages[0]).toMatchObject({ text: 'three', blocks: [] });
  });

  it('are refused when the blocks are not sound, with a sentence and a pointer', async () => {
    const blocks = [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }];
    expect(await refusal(bench.client.chat.postMessage({ channel, text: 'x', blocks }))).toEqual({
      error: 'invalid_blocks',
      messages: ['[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]'],
    });
    expect((await bench.seen()).messages).toEqual([]);
  });

  it.each([
    ['channel_not_found', { channel: 'C0009', text: 'x' }],
    ['not_in_channel', { channel: 'C0007', text: 'x' }],
    ['is_archived', { channel: 'C0008', text: 'x' }],
    ['no_text', { channel, text: '' }],
    ['msg_too_long', { channel, text: 'x'.repeat(40_001) }],
    ['thread_not_found', { channel, text: 'x', thread_ts: '1700000000.000100' }],
    ['invalid_thread_ts', { channel, text: 'x', thread_ts: 'yesterday' }],
    ['invalid_metadata_format', { channel, text: 'x', metadata: { event_type: '' } }],
    ['invalid_blocks_format', { channel, text: 'x', blocks: '{}' }],
  ])('are refused with %s', async (error, args) => {
    bench.slack.putChannel({ id: 'C0007', name: 'left', flags: { is_member: false } });
    bench.slack.putChannel({ id: 'C0008', name: 'old', flags: { is_archived: true } });
    expect((await refusal(bench.client.apiCall('chat.postMessage', args))).error).toBe(error);
  });

  it('cannot be updated when they are unknown or ephemeral', async () => {
    const { message_ts: ts } = await bench.client.chat.postEphemeral({ channel, user: 'U0001', text: 'psst' });
    for (const stamp of [ts!, '1700000000.000100'])
      expect((await refusal(bench.client.chat.update({ channel, ts: stamp, text: 'x' }))).error).toBe(
        'message_not_found',
      );
  });

  it('that are ephemeral need a person who is in the channel', async () => {
    bench.slack.putChannel({ id: 'C0003', name: 'small', flags: { members: ['U0001'] } });
    const post = (user: string): Promise<unknown> =>
      bench.client.chat.postEphemeral({ channel: 'C0003', user, text: 'psst' });
    await post('U0001');
    expect((await refusal(post('U0002'))).error).toBe('user_not_in_channel');
    expect((await refusal(post('U0099'))).error).toBe('user_not_found');
    expect((await bench.seen()).messages).toMatchObject([{ ephemeral_to: 'U0001' }]);
  });

  it('meet a rate of one a second and channel when rates are enforced', async () => {
    const strict = await startWorkbench({ enforceRates: true });
    await strict.client.chat.postMessage({ channel, text: 'one' });
    await expect(strict.client.chat.postMessage({ channel, text: 'two' })).rejects.toMatchObject({ retryAfter: 1 });
    strict.later(1_000);
    await strict.client.chat.postMessage({ channel, text: 'three' });
    await strict.close();
  });
});

describe('directory', () => {
  it('opens the conversation with a person once', async () => {
    const first = await bench.client.conversations.open({ users: 'U0002' });
    const again = await bench.client.conversations.open({ users: 'U0002' });
    expect(first.channel?.id).toMatch(/^D/);
    expect(again).toMatchObject({ already_open: true, channel: { id: first.channel?.id } });
    expect((await refusal(bench.client.conversations.open({ users: 'U0099' }))).error).toBe('user_not_found');
  });

  it('shows the flags of people and channels', async () => {
    bench.slack.putPerson({ user: 'U0005', name: 'eve', flags: { is_restricted: true } });
    bench.slack.putChannel({ id: 'C0003', name: 'shared', flags: { is_ext_shared: true } });
    expect((await bench.client.users.info({ user: 'U0005' })).user).toMatchObject({
      is_restricted: true,
      deleted: false,
    });
    expect((await bench.client.conversations.info({ channel: 'C0003' })).channel).toMatchObject({
      is_ext_shared: true,
    });
    expect((await refusal(bench.client.users.info({ user: 'U0099' }))).error).toBe('user_not_found');
  });
});

describe('armed failures', () => {
  it('answer a status, a rate limit or an error once, and nothing happens', async () => {
    const post = (): Promise<unknown> => bench.client.chat.postMessage({ channel, text: 'x' });
    bench.slack.faults.set('chat.postMessage', { kind: 'status', status: 500 });
    await expect(post()).rejects.toMatchObject({ statusCode: 500 });
    bench.slack.faults.set('chat.postMessage', { kind: 'status', status: 429, retryAfterSeconds: 30 });
    await expect(post()).rejects.toMatchObject({ retryAfter: 30 });
    bench.slack.faults.set('*', { kind: 'error', error: 'fatal_error' });
    expect((await refusal(post())).error).toBe('fatal_error');
    expect((await bench.seen()).messages).toEqual([]);
    await post();
    expect(bench.slack.journal().map(({ ok, fault }) => [ok, fault])).toEqual([
      [false, 'status'],
      [false, 'status'],
      [false, 'error'],
      [true, undefined],
    ]);
  });

  it('can lose the answer of a call that took effect', async () => {
    bench.slack.faults.set('chat.postMessage', { kind: 'commit_then_reset' });
    await expect(bench.client.chat.postMessage({ channel, text: 'x' })).rejects.toThrow();
    expect((await bench.seen()).messages).toHaveLength(1);
  });

  it('never leave the token in the journal', async () => {
    await bench.client.chat.postMessage({ channel, text: 'x', token: bench.slack.env.SLACK_BOT_TOKEN });
    expect(JSON.stringify(bench.slack.journal())).not.toContain(bench.slack.env.SLACK_BOT_TOKEN);
  });
});

describe('triggers', () => {
  const withTrigger = async (use: (triggerId: string) => Promise<void>): Promise<void> => {
    const { ts } = await bench.client.chat.postMessage({ channel, text: 'x', blocks: CARD });
    let used: Promise<void> = Promise.resolve();
    bench.app.react(async ({ payload }) => {
      used = use(String(payload['trigger_id']));
      await used;
    });
    await bench.drive('click', { user: 'U0001', ts, action_id: 'writ_deny' });
    await used;
  };

  it('open one modal and no second', async () => {
    await withTrigger(async (trigger_id) => {
      const opened = await bench.client.views.open({ trigger_id, view: REASON_MODAL });
      expect(opened.view).toMatchObject({ callback_id: 'writ_deny_modal', private_metadata: 'card-1' });
      expect((await refusal(bench.client.views.open({ trigger_id, view: REASON_MODAL }))).error).toBe(
        'exchanged_trigger_id',
      );
    });
  });

  it('survive a refused view', async () => {
    await withTrigger(async (trigger_id) => {
      const broken = { ...REASON_MODAL, submit: undefined };
      expect((await refusal(bench.client.views.open({ trigger_id, view: broken }))).error).toBe('invalid_arguments');
      await bench.client.views.open({ trigger_id, view: REASON_MODAL });
    });
  });

  it('die after three seconds', async () => {
    await withTrigger(async (trigger_id) => {
      bench.later(3_001);
      expect((await refusal(bench.client.views.open({ trigger_id, view: REASON_MODAL }))).error).toBe(
        'expired_trigger_id',
      );
      await bench.client.chat.postEphemeral({ channel, user: 'U0001', text: 'too late' });
    });
  });

  it('are never guessed', async () => {
    expect((await refusal(bench.client.views.open({ trigger_id: '1.2.3', view: REASON_MODAL }))).error).toBe(
      'invalid_trigger_id',
    );
  });
});

describe('views', () => {
  it('of a Home tab are published and updated under their hash', async () => {
    const view = { type: 'home' as const, blocks: [{ type: 'divider' }] };
    const { view: home } = await bench.client.views.publish({ user_id: 'U0001', view });
    await bench.client.views.update({ view_id: home!.id!, hash: home!.hash!, view });
    const stale = bench.client.views.update({ view_id: home!.id!, hash: home!.hash!, view });
    expect((await refusal(stale)).error).toBe('hash_conflict');
    expect((await refusal(bench.client.views.update({ view_id: 'V0', view }))).error).toBe('not_found');
    expect((await bench.seen()).views).toMatchObject([{ view_id: home!.id, user: 'U0001', type: 'home' }]);
  });
});
