import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refundAsk } from '../../harness/actors/agent.js';
import { brokenInvariants, settledCards } from '../../harness/judges/invariants.js';
import type { Card } from '../../harness/actors/person.js';
import { created, setStage, type Stage } from '../../harness/world/stage.js';
import { until } from '../../harness/judges/until.js';

interface Comment {
  readonly id: string;
  readonly author: string;
  readonly via: string;
  readonly text: string;
}

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await settledCards(stage.world, stage.broker);
  expect(await brokenInvariants(stage.world)).toEqual([]);
  await stage.close();
});

let exports = 0;

/** An export that was not asked before: its cards stand in two channels. */
async function asked(): Promise<{ id: string; oncall: Card; security: Card }> {
  const details = [{ type: 'tool_call', actions: ['ledger.export'], arguments: { period: `2026-${(exports += 1)}` } }];
  const ask = refundAsk('4001', { authorization_details: details });
  const { id } = created(await stage.caller('support-bot').ask(ask), 202);
  return { id, oncall: await stage.slack.card(id, 'C0001'), security: await stage.slack.card(id, 'C0002') };
}

const comments = async (id: string): Promise<Comment[]> =>
  (await (await stage.person('olga')).send('GET', `/v1/escalations/${id}/context`)).body.comments;

const say = (user: string, card: Card, text: string) =>
  stage.slack.call('say', { user, channel: card.channel, thread_ts: card.ts, text });

/** Lines that Writ wrote in the thread of this card. */
const told = async (card: Card): Promise<string[]> =>
  ((await stage.slack.messages()) as (Card & { thread_ts?: string; user: string })[])
    .filter((message) => message.channel === card.channel && message.thread_ts === card.ts)
    .filter((message) => message.user === stage.broker.slack.env.SLACK_BOT_USER_ID)
    .map((message) => JSON.stringify(message.blocks));

const eventOf = (card: Card, changes: Record<string, unknown>) => ({
  type: 'event_callback',
  team_id: 'T0001',
  api_app_id: stage.broker.slack.env.SLACK_APP_ID,
  event_id: 'Ev1',
  event: {
    type: 'message',
    user: 'U0002',
    channel: card.channel,
    channel_type: 'channel',
    text: 'by hand',
    ts: `${Math.floor(Date.now() / 1000)}.${String(Math.floor(Math.random() * 999_999)).padStart(6, '0')}`,
    thread_ts: card.ts,
    ...changes,
  },
});
const deliver = (json: unknown, changes: object = {}) => stage.slack.call('deliver', { json, ...changes });

describe('a reply under a card', () => {
  it('stays with the record, and is told under the other card and not under this one again', async () => {
    const { id, oncall, security } = await asked();
    await say('U0002', oncall, 'Is this <b>still</b> needed & why?');
    expect(await comments(id)).toMatchObject([
      { id: expect.stringMatching(/^evt_/), author: 'bob', via: 'slack', text: 'Is this <b>still</b> needed & why?' },
    ]);
    const line = await until('it is told elsewhere', async () =>
      (await told(security)).find((blocks) => blocks.includes('still')),
    );
    expect(line).toContain('plain_text');
    expect((await told(oncall)).filter((blocks) => blocks.includes('still'))).toEqual([]);
  });

  it('is in the history with its author, and the agent reads nothing of it', async () => {
    const { id, oncall } = await asked();
    await say('U0003', oncall, 'Ask finance.');
    const { body } = await stage.caller('auditor-tool').get(`/v1/audit/events?type=comment.added&escalation=${id}`);
    expect(body.items).toMatchObject([
      { actor: { kind: 'person', id: 'carol' }, data: { text: 'Ask finance.', via: 'slack', channel: 'C0001' } },
    ]);
    const seen = await stage.caller('support-bot').get(`/v1/escalations/${id}`);
    expect(JSON.stringify(seen.body)).not.toContain('finance');
  });

  it('is taken once, however often Slack delivers it', async () => {
    const { id, oncall } = await asked();
    const event = eventOf(oncall, {});
    for (const seconds of [0, 1, 2]) {
      expect(await deliver(event, { timestamp: Math.floor(Date.now() / 1000) - seconds })).toMatchObject({
        status: 200,
      });
    }
    expect(await comments(id)).toHaveLength(1);
  });

  it.each(['approve', 'Approved!', ':+1:', '/writ approve', 'deny'])('«%s» is a comment and no vote', async (text) => {
    const { id, oncall } = await asked();
    await say('U0002', oncall, text);
    await say('U0003', oncall, text);
    const { body } = await (await stage.person('olga')).send('GET', `/v1/escalations/${id}`);
    expect([body.status, body.votes]).toEqual(['pending', []]);
    expect(await comments(id)).toHaveLength(2);
  });

  it.each([
    ['a bot', { bot_id: 'B0001' }],
    ['an edit', { subtype: 'message_changed' }],
    ['a deletion', { subtype: 'message_deleted' }],
    ['somebody who is bound to nobody', { user: 'U0666' }],
    ['a message outside a thread', { thread_ts: undefined }],
    ['the thread of another message', { thread_ts: '1700000000.000100' }],
    ['another channel', { channel: 'C0009' }],
    ['blanks', { text: '  \n ' }],
  ])('is passed over when it is %s', async (_, changes) => {
    const { id, oncall } = await asked();
    expect(await deliver(eventOf(oncall, changes))).toMatchObject({ status: 200 });
    expect(await comments(id)).toEqual([]);
  });

  it('is passed over from another workspace or app, and refused unsigned', async () => {
    const { id, oncall } = await asked();
    await deliver({ ...eventOf(oncall, {}), team_id: 'T0666' });
    await deliver({ ...eventOf(oncall, {}), api_app_id: 'A0666' });
    expect(await deliver(eventOf(oncall, {}), { secret: 'f'.repeat(32) })).toMatchObject({ status: 401 });
    expect(await deliver(eventOf(oncall, {}), { timestamp: Math.floor(Date.now() / 1000) - 400 })).toMatchObject({
      status: 401,
    });
    expect(await comments(id)).toEqual([]);
  });

  it('of a known person who may not read the request is passed over', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('4015')), 202);
    await say('U0004', await stage.slack.card(id), 'May I?');
    expect(await comments(id)).toEqual([]);
  });

  it('of a guest is passed over', async () => {
    stage.broker.slack.putPerson({ user: 'U0005', name: 'erin', flags: { is_restricted: true } });
    const { id, security } = await asked();
    await say('U0005', security, 'Let me in.');
    expect(await comments(id)).toEqual([]);
    stage.broker.slack.putPerson({ user: 'U0005', name: 'erin' });
  });

  it('is asked for again while Slack cannot tell about its author, and taken once it can', async () => {
    const { id, oncall } = await asked();
    stage.broker.slack.putPerson({ user: 'U0003', name: 'carol' });
    await deliver({ ...eventOf(oncall, {}), event: { type: 'user_change', user: { id: 'U0003' } } });
    await stage.slack.call('faults', { method: 'users.info', fault: { kind: 'status', status: 500 }, times: 1 });
    const event = eventOf(oncall, { user: 'U0003', text: 'Do not lose me.' });
    const timestamp = Math.floor(Date.now() / 1000);
    expect(await deliver(event, { timestamp })).toMatchObject({ status: 503 });
    expect(await comments(id)).toEqual([]);
    expect(await deliver(event, { timestamp })).toMatchObject({ status: 200 });
    expect(await comments(id)).toMatchObject([{ author: 'carol', text: 'Do not lose me.' }]);
  });

  it('past a thousand characters is not cut: its author is told', async () => {
    const { id, oncall } = await asked();
    await say('U0002', oncall, 'x'.repeat(1_001));
    await until('bob is told', async () =>
      ((await stage.slack.messages()) as (Card & { ephemeral_to?: string })[]).find(
        (message) => message.ephemeral_to === 'U0002' && message.text.includes('1,000 characters'),
      ),
    );
    expect(await comments(id)).toEqual([]);
  });
});

describe('a comment in the console', () => {
  it('is told under every card, inert', async () => {
    const { id, oncall, security } = await asked();
    const text = '<!channel> *now* <https://evil.example|click>';
    const { status, body } = await (
      await stage.person('carol')
    ).send('POST', `/v1/escalations/${id}/comments`, { text });
    expect([status, body.comment]).toMatchObject([201, { author: 'carol', via: 'rest', text }]);
    for (const card of [oncall, security]) {
      const line = await until('it is told', async () => (await told(card)).find((blocks) => blocks.includes('evil')));
      expect(line).not.toContain('mrkdwn');
    }
  });

  it('may be the agent’s owner’s, who cannot decide', async () => {
    const { id } = await asked();
    const alice = await stage.person('alice');
    const { status } = await alice.send('POST', `/v1/escalations/${id}/comments`, { text: 'I stand by it.' });
    expect(status).toBe(201);
    expect((await comments(id))[0]).toMatchObject({ author: 'alice' });
  });

  it('may follow the decision', async () => {
    const { id, oncall } = await asked();
    const { digest } = (await (await stage.person('olga')).send('GET', `/v1/escalations/${id}`)).body;
    await (await stage.person('bob')).decide({ id, digest }, 'deny');
    await say('U0003', oncall, 'Agreed.');
    expect(await comments(id)).toMatchObject([{ text: 'Agreed.' }]);
  });

  it.each([
    ['an empty text', { text: '' }, 400],
    ['blanks', { text: '   ' }, 400],
    ['more than a thousand characters', { text: 'x'.repeat(1_001) }, 422],
    ['no text', {}, 400],
    ['a strange member', { text: 'x', via: 'slack' }, 400],
  ])('is refused with %s', async (_, body, status) => {
    const { id } = await asked();
    const answer = await (await stage.person('bob')).send('POST', `/v1/escalations/${id}/comments`, body);
    expect(answer.status).toBe(status);
  });

  it('is nobody’s who may not read the request, and no agent’s', async () => {
    const { id } = created(await stage.caller('support-bot').ask(refundAsk('4014')), 202);
    const comment = { text: 'Hello?' };
    const dave = await stage.person('dave');
    expect((await dave.send('POST', `/v1/escalations/${id}/comments`, comment)).status).toBe(404);
    for (const caller of ['support-bot', 'ops-cli']) {
      expect((await stage.caller(caller).send('POST', `/v1/escalations/${id}/comments`, comment)).status).toBe(403);
    }
  });

  it('stays as it was written', async () => {
    const { pool } = stage.world.database;
    await expect(pool.query(`update "comments" set "text" = 'other'`)).rejects.toThrow('append-only');
    await expect(pool.query(`delete from "comments"`)).rejects.toThrow('append-only');
  });
});
