import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SlackAck } from '#slack/receive/bolt-app.js';
import { ALLOWED_KEY } from '#platform/http/principal.js';
import { DeliveriesInMemory } from '#slack/testing/deliveries-in-memory.js';
import { SlackReceiverController } from './receiver.controller.js';
import { SlackDeliveryDoor } from './slack-delivery-door.js';

const SECRET = 'a'.repeat(32);
const FORM = 'application/x-www-form-urlencoded';

type Process = (body: Readonly<Record<string, unknown>>, ack: SlackAck) => Promise<void>;
let processed: unknown[];
let process: Process;
let changed: string[];
let heard: unknown[];
let hear: (payload: Readonly<Record<string, unknown>>) => Promise<void>;
let command: (fields: Readonly<Record<string, string>>) => Promise<unknown>;
let logged: string[];
let deliveries: DeliveriesInMemory;
let inbox: SlackDeliveryDoor;
let app: INestApplication;
let port: number;

const makeInbox = (): SlackDeliveryDoor => {
  const keep = (message: string) => void logged.push(message);
  return new SlackDeliveryDoor(
    deliveries,
    {
      process: (body, ack) => {
        processed.push(body);
        return process(body, ack);
      },
    },
    {
      signingSecret: SECRET,
      appId: 'A0001',
      teamId: 'T0001',
      userChanged: (userId) => void changed.push(userId),
      log: { warn: keep, error: keep },
      router: {
        event: (payload) => {
          heard.push(payload);
          return hear(payload);
        },
        command: (fields) => command(fields),
      },
      answerWithinMs: 200,
    },
  );
};

beforeAll(async () => {
  class Room {}
  Module({
    controllers: [SlackReceiverController],
    providers: [{ provide: SlackDeliveryDoor, useValue: { take: (received: never) => inbox.take(received) } }],
  })(Room);
  app = await NestFactory.create<NestFastifyApplication>(Room, new FastifyAdapter(), { rawBody: true, logger: false });
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer() as { address(): AddressInfo }).address().port;
});
afterAll(() => app.close());

beforeEach(() => {
  processed = [];
  changed = [];
  heard = [];
  hear = async () => undefined;
  command = async () => undefined;
  logged = [];
  process = (_, ack) => ack();
  deliveries = new DeliveriesInMemory();
  inbox = makeInbox();
});

type Delivered = { readonly status: number; readonly body: string };
type Headers = Record<string, string | string[]>;

const stamp = () => String(Math.floor(Date.now() / 1_000));
const signed = (body: string, type = FORM, at = stamp()): Headers => ({
  'content-type': type,
  'x-slack-request-timestamp': at,
  'x-slack-signature': `v0=${createHmac('sha256', SECRET).update(`v0:${at}:${body}`).digest('hex')}`,
});

function post(body: string, headers: Headers): Promise<Delivered> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/slack/events', method: 'POST', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
    });
    sent.on('error', reject).end(body);
  });
}

const form = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
const CLICK = form({ type: 'block_actions', actions: [] });

describe('a delivery that claims to be Slack’s', () => {
  it.each([
    ['without a signature', { 'content-type': FORM }],
    ['signed over another body', signed(`${CLICK} `)],
    ['signed six minutes ago', signed(CLICK, FORM, String(Math.floor(Date.now() / 1_000) - 360))],
    ['stamped for tomorrow', signed(CLICK, FORM, String(Math.floor(Date.now() / 1_000) + 86_400))],
    ['of a type with parameters', signed(CLICK, `${FORM}; charset=utf-8`)],
  ])('is answered 401 and nothing %s', async (_, headers) => {
    expect(await post(CLICK, headers)).toEqual({ status: 401, body: '' });
    expect([processed, deliveries.keys.size]).toEqual([[], 0]);
  });

  it.each(['x-slack-signature', 'x-slack-request-timestamp'])('is refused when %s comes twice', async (name) => {
    const headers = signed(CLICK);
    const twice = [headers[name] as string, headers[name] as string];
    expect((await post(CLICK, { ...headers, [name]: twice })).status).toBe(401);
  });

  it('needs no other proof: the route is open to the authentication guard', () => {
    expect(Reflect.getMetadata(ALLOWED_KEY, SlackReceiverController)).toBe('public');
  });

  it('is heard once: its exact replay is answered and has no effect', async () => {
    const headers = signed(CLICK);
    expect(await post(CLICK, headers)).toEqual({ status: 200, body: '' });
    expect(await post(CLICK, headers)).toEqual({ status: 200, body: '' });
    expect(processed).toHaveLength(1);
  });

  it('past the cap is refused before anything is computed', async () => {
    const rawBody = Buffer.alloc(256 * 1024 + 1);
    expect(await inbox.take({ rawBody, headers: {} })).toEqual({ status: 413 });
  });

  it.each([
    ['is down', () => Promise.reject(new Error('no connection'))],
    ['does not answer in time', () => new Promise<void>(() => undefined)],
  ])('is answered 503 when the store %s, so that Slack tells the person', async (_, answer) => {
    deliveries.answer = answer;
    expect(await post(CLICK, signed(CLICK))).toEqual({ status: 503, body: '' });
    expect(processed).toEqual([]);
  });

  it('answers the challenge of a signed verification', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: 'c-1', token: 't' });
    expect(await post(body, signed(body, 'application/json'))).toEqual({ status: 200, body: 'c-1' });
    expect((await post(body, { 'content-type': 'application/json' })).status).toBe(401);
  });

  it.each([
    ['an interaction of an unknown kind', form({ type: 'block_suggestion' }), FORM],
    ['two payloads', `${CLICK}&payload=x`, FORM],
    ['an ssl_check', `ssl_check=1&${CLICK}`, FORM],
    ['an incomplete command', 'command=%2Fwrit&team_id=T0001&user_id=U0001', FORM],
    [
      'an event of another app and workspace',
      JSON.stringify({ type: 'event_callback', event: { type: 'message', text: 'approve' } }),
      'application/json',
    ],
  ])('is answered 200 and changes nothing when it holds %s', async (_, body, type) => {
    expect(await post(body, signed(body, type))).toEqual({ status: 200, body: '' });
    expect([processed, changed, heard]).toEqual([[], [], []]);
  });

  it.each([
    ['our workspace is heeded', 'T0001', ['U0002']],
    ['another workspace is not', 'T0666', []],
  ])('that tells of a changed account of %s', async (_, teamId, heard) => {
    const event = { type: 'user_change', user: { id: 'U0002' } };
    const body = JSON.stringify({ type: 'event_callback', api_app_id: 'A0001', team_id: teamId, event });
    await post(body, signed(body, 'application/json'));
    expect(changed).toEqual(heard);
  });
});

describe('an event', () => {
  const said = JSON.stringify({
    type: 'event_callback',
    api_app_id: 'A0001',
    team_id: 'T0001',
    event: { type: 'message' },
  });

  it('is heard once and answered when it is dealt with', async () => {
    const headers = signed(said, 'application/json');
    expect(await post(said, headers)).toEqual({ status: 200, body: '' });
    expect(await post(said, headers)).toEqual({ status: 200, body: '' });
    expect(heard).toHaveLength(1);
  });

  it('is answered in time while its work goes on', async () => {
    hear = () => new Promise(() => undefined);
    expect(await post(said, signed(said, 'application/json'))).toEqual({ status: 200, body: '' });
  });

  it('that fails is asked for again, and the same bytes are heard then', async () => {
    const headers = signed(said, 'application/json');
    hear = () => Promise.reject(new Error('no connection'));
    expect((await post(said, headers)).status).toBe(503);
    hear = async () => undefined;
    expect((await post(said, headers)).status).toBe(200);
    expect(heard).toHaveLength(2);
  });
});

describe('a command', () => {
  const typed = 'command=%2Fwrit&team_id=T0001&user_id=U0001&api_app_id=A0001&text=list';

  it('is answered in the same breath, once', async () => {
    command = async ({ text }) => ({ text: `heard ${text}` });
    const headers = signed(typed);
    expect(JSON.parse((await post(typed, headers)).body)).toEqual({ text: 'heard list' });
    expect(await post(typed, headers)).toEqual({ status: 200, body: '' });
  });

  it.each([
    ['takes too long', () => new Promise(() => undefined), 'did not get done in time'],
    ['fails', () => Promise.reject(new Error('broken')), 'Something failed'],
  ])('that %s is answered in time with a sentence that says so', async (_, work, says) => {
    command = work;
    const { status, body } = await post(typed, signed(typed));
    expect([status, body]).toEqual([200, expect.stringContaining(says)]);
  });

  it('without a signature reaches nobody', async () => {
    command = () => Promise.reject(new Error('must not be asked'));
    expect(await post(typed, { 'content-type': FORM })).toEqual({ status: 401, body: '' });
    expect(logged).toEqual([]);
  });
});

describe('an interaction', () => {
  it('is answered as soon as it is acknowledged, while its work goes on', async () => {
    let finish: () => void = () => undefined;
    process = async (_, ack) => {
      await ack();
      await new Promise<void>((resolve) => (finish = resolve));
    };
    expect(await post(CLICK, signed(CLICK))).toEqual({ status: 200, body: '' });
    let closed = false;
    const closing = inbox.onApplicationShutdown().then(() => (closed = true));
    await Promise.resolve();
    expect(closed).toBe(false);
    finish();
    await closing;
    expect(closed).toBe(true);
  });

  it('answers a modal with what the listener says', async () => {
    const answer = { response_action: 'errors', errors: { reason: 'Please say why.' } };
    process = (_, ack) => ack(answer);
    const { status, body } = await post(CLICK, signed(CLICK));
    expect([status, JSON.parse(body)]).toEqual([200, answer]);
  });

  it('is answered in time even when nobody acknowledges', async () => {
    process = () => new Promise(() => undefined);
    expect(await post(CLICK, signed(CLICK))).toEqual({ status: 200, body: '' });
  });

  it('that fails is answered, and the log holds nothing of it', async () => {
    process = () => Promise.reject(new Error('broken'));
    expect((await post(CLICK, signed(CLICK))).status).toBe(200);
    expect(logged).toEqual(['slack: an interaction failed Error: broken']);
  });
});
