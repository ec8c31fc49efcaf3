import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { WebClient } from '@slack/web-api';
import type { SlackConnection } from '#platform/config/environment/slack-environment.js';
import { DeliveriesInMemory } from '#slack/testing/deliveries-in-memory.js';
import { approvalCard } from '#slack/views/card/approval-card.view.js';
import { SAMPLE_CARD } from '#slack/views/card/sample-card.fixture.js';
import { startLocalSlack, type LocalSlack } from '../../../../../packages/local-slack/src/server.js';
import { until } from '../../../../../test/harness/judges/until.js';
import { SlackDeliveryDoor } from './slack-delivery-door.js';
import { slackReceiver } from '../../wiring/slack.module.js';
import { SocketReceiver } from './socket-receiver.js';
import { CARD, CardsInMemory, RowsInMemory } from '../testing/rows-in-memory.fixture.js';
import { openSlackApplication } from '../testing/slack-application.fixture.js';

const PACE = { firstPauseMs: 5, longestPauseMs: 20, steadyAfterMs: 0 };
const APP_TOKEN = `xapp-1-${'5'.repeat(32)}`;
const CONNECTED = 'log slack: Socket Mode is connected';
const down = (why: string, level = 'warn') =>
  `${level} slack: Socket Mode is down: ${why}; it is tried again, and the request URL and REST go on meanwhile`;

let slack: LocalSlack;
let room: INestApplicationContext;
let rows: RowsInMemory;
let cards: CardsInMemory;
let deliveries: DeliveriesInMemory;
let receivers: SocketReceiver[];
let logged: string[];
const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown): void => void unhandled.push(reason);

const startSlack = (port = 0): Promise<LocalSlack> =>
  startLocalSlack({
    port,
    socketMode: true,
    people: ['alice', 'bob', 'carol', 'dave', 'erin'].map((name, at) => ({ user: `U000${at + 1}`, name })),
    seed: { teamId: 'T0001', appToken: APP_TOKEN },
  });

const connectionTo = ({ env }: LocalSlack): SlackConnection => ({
  botToken: env.SLACK_BOT_TOKEN,
  signingSecret: env.SLACK_SIGNING_SECRET,
  appId: env.SLACK_APP_ID,
  teamId: env.SLACK_TEAM_ID,
  botId: env.SLACK_BOT_ID,
  botUserId: env.SLACK_BOT_USER_ID,
  appToken: null,
  apiUrl: env.SLACK_API_URL,
});

beforeEach(async () => {
  process.on('unhandledRejection', keepUnhandled);
  slack = await startSlack();
  [rows, cards, deliveries] = [new RowsInMemory(), new CardsInMemory(), new DeliveriesInMemory()];
  [receivers, logged] = [[], []];
  room = await openSlackApplication(rows, [slackReceiver(connectionTo(slack))], { cards, deliveries });
});
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.beforeApplicationShutdown()));
  await room.close();
  await slack.close();
  process.off('unhandledRejection', keepUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

/** A receiver over the room's inbox with a quick pace; its log is kept. */
function receive(apiUrl = slack.env.SLACK_API_URL): SocketReceiver {
  const keep = (level: string) => (message: string) => void logged.push(`${level} ${message}`);
  const log = { log: keep('log'), warn: keep('warn'), error: keep('error') };
  const receiver = new SocketReceiver(room.get(SlackDeliveryDoor), { appToken: APP_TOKEN, apiUrl, log, pace: PACE });
  receivers.push(receiver);
  receiver.onApplicationBootstrap();
  return receiver;
}

const connected = (count = 1) => until(`${count} sockets`, () => slack.sockets?.connections === count);
const said = (text: string) => until(text, () => logged.at(-1) === text);
const openings = () => slack.journal().filter((call) => call.method === 'apps.connections.open').length;
const told = () => slack.journal().filter((call) => call.method === 'chat.postEphemeral').length;

async function drive(route: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'x-dev-token': slack.token, 'content-type': 'application/json' };
  const answer = await fetch(`${slack.url}/_dev/${route}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

/** Posts the card as the worker would and puts it on record. */
async function postCard(): Promise<void> {
  const { text, blocks } = approvalCard({ ...SAMPLE_CARD, cardId: CARD.cardId });
  const { ts } = await client().chat.postMessage({ channel: CARD.channel, text, blocks: blocks as never });
  cards.card = { ...CARD, ts: ts as string };
}

const client = () => new WebClient(slack.env.SLACK_BOT_TOKEN, { slackApiUrl: slack.env.SLACK_API_URL });
const cardTs = () => cards.card?.ts as string;
const click = (user: string, actionId = 'writ_approve') => drive('click', { user, ts: cardTs(), action_id: actionId });

/** A click on Approve that is counted; rewrites the card as the worker would, for which the person is waiting. */
async function vote(user: string): Promise<Record<string, unknown>> {
  const before = rows.votes.length;
  const answer = click(user);
  await until('the vote', () => rows.votes.length > before);
  await client().chat.update({ channel: CARD.channel, ts: cardTs(), text: 'voted' });
  return answer;
}

describe('Socket Mode', () => {
  beforeEach(async () => void (await postCard()));

  it('takes a click to its vote while no request URL is known to Slack', async () => {
    const wired = await openSlackApplication(rows, [slackReceiver({ ...connectionTo(slack), appToken: APP_TOKEN })], {
      cards,
    });
    await connected();
    expect(await vote('U0002')).toMatchObject({ ok: true, status: 200 });
    expect(rows.votes).toMatchObject([{ person: 'bob', verdict: 'approve', digest: CARD.digest, via: 'slack' }]);
    await wired.close();
    await connected(0);
  });

  it('answers a modal in the acknowledgement', async () => {
    receive();
    await connected();
    const { view_id } = await click('U0002', 'writ_deny');
    const blank = await drive('submit', { user: 'U0002', view_id, values: { reason: { reason: '   ' } } });
    expect(blank).toMatchObject({ ok: false, error: 'errors', errors: { reason: expect.any(String) } });
    expect(rows.votes).toEqual([]);
    const sound = await drive('submit', { user: 'U0002', view_id, values: { reason: { reason: 'Wrong order.' } } });
    expect(sound).toMatchObject({ ok: true });
    await until('the vote', () => rows.votes.length === 1);
    expect(rows.votes).toMatchObject([{ person: 'bob', verdict: 'deny' }]);
  });

  it('hears an envelope once, whichever socket brings it', async () => {
    receive();
    receive();
    await connected(2);
    await click('U0005');
    expect(told()).toBe(1);
    const { envelope } = slack.sockets?.sent.at(-1) ?? {};
    expect([...deliveries.keys]).toEqual([`env:${envelope?.envelope_id}`]);
    for (let copy = 0; copy < 3; copy += 1) expect(await drive('socket', { ...envelope })).toMatchObject({ ok: true });
    expect(told()).toBe(1);
  });

  it('shares clicks among the sockets of several processes', async () => {
    receive();
    receive();
    await connected(2);
    await vote('U0002');
    await vote('U0003');
    expect(rows.votes.map((vote) => vote.person)).toEqual(['bob', 'carol']);
  });

  it('tells the person to try again while the store cannot be asked', async () => {
    receive();
    await connected();
    deliveries.answer = () => Promise.reject(new Error('no connection'));
    expect(await click('U0002')).toMatchObject({ ok: false, error: 'socket_timeout', shown: expect.any(String) });
    expect(rows.votes).toEqual([]);
  });
});

describe('the connection', () => {
  it.each(['warning', 'refresh_requested'] as const)(
    'is renewed when Slack says %s, which is no news',
    async (reason) => {
      await postCard();
      receive();
      await connected();
      slack.sockets?.disconnect(reason);
      await connected();
      expect(await vote('U0002')).toMatchObject({ ok: true });
      expect(rows.votes).toHaveLength(1);
      expect(logged).toEqual([CONNECTED]);
    },
  );

  it('is opened again when the network cuts it', async () => {
    receive();
    await said(CONNECTED);
    slack.sockets?.drop();
    await until('three lines', () => logged.length === 3);
    expect(logged).toEqual([CONNECTED, down('the connection was lost'), CONNECTED]);
  });

  it('says once that the token is refused at the start, tries on and recovers', async () => {
    slack.faults.set('apps.connections.open', { kind: 'error', error: 'invalid_auth' }, Infinity);
    receive();
    await until('five tries', () => openings() >= 5);
    expect(logged).toEqual([down('Slack answered invalid_auth', 'error')]);
    slack.faults.clear();
    await said(CONNECTED);
    expect(JSON.stringify(logged)).not.toContain('xapp-');
  });

  it('says once that the token is refused on a reconnect, and ends nothing', async () => {
    receive();
    await said(CONNECTED);
    slack.faults.set('apps.connections.open', { kind: 'error', error: 'invalid_auth' }, Infinity);
    slack.sockets?.drop();
    await until('five tries', () => openings() >= 6);
    const refused = down('Slack answered invalid_auth', 'error');
    expect(logged).toEqual([CONNECTED, down('the connection was lost'), refused]);
    expect(await room.get(SlackDeliveryDoor).take({ rawBody: Buffer.from('x'), headers: {} })).toEqual({ status: 401 });
  });

  it.each([
    ['answers 500', { kind: 'status', status: 500 }, 'Slack cannot be reached'],
    ['cuts the call', { kind: 'reset' }, 'Slack cannot be reached'],
    ['refuses the scope', { kind: 'error', error: 'missing_scope' }, 'Slack answered missing_scope'],
  ] as const)('is tried again when Slack %s', async (_, fault, why) => {
    slack.faults.set('apps.connections.open', fault, 3);
    receive();
    await said(CONNECTED);
    expect(logged).toEqual([down(why, fault.kind === 'error' ? 'error' : 'warn'), CONNECTED]);
  });

  it('waits as long as Slack asks', async () => {
    slack.faults.set('apps.connections.open', { kind: 'status', status: 429, retryAfterSeconds: 3_000 }, Infinity);
    receive();
    await said(down('Slack asks to wait'));
    expect(openings()).toBe(1);
  });

  it('comes up by itself after a boot without Slack', async () => {
    const { port } = new URL(slack.url);
    await slack.close();
    receive();
    await said(down('Slack cannot be reached'));
    slack = await startSlack(Number(port));
    await said(CONNECTED);
  });

  it('is not opened with Socket Mode turned off at Slack, and the log says why', async () => {
    receive();
    await said(CONNECTED);
    slack.faults.set('apps.connections.open', { kind: 'error', error: 'invalid_auth' }, Infinity);
    slack.sockets?.disconnect('link_disabled');
    await until('two lines more', () => logged.length === 3);
    expect(logged[1]).toBe(down('link_disabled'));
  });
});
