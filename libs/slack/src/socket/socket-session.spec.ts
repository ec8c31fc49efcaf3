import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocketServer, type WebSocket } from 'ws';
import type { SocketAnswer, SocketEnvelope } from './socket-envelope.js';
import { openSocketSession, type SocketSession } from './socket-session.js';

const HELLO = JSON.stringify({ type: 'hello' });

let server: Server;
let sockets: WebSocketServer;
let greet: (socket: WebSocket) => void;
let acks: unknown[];
let received: SocketEnvelope[];
let faults: unknown[];
let answer: (envelope: SocketEnvelope) => Promise<SocketAnswer>;
let stop: AbortController;
let opened: SocketSession[];
const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(async () => {
  [acks, received, faults, opened] = [[], [], [], []];
  answer = async () => ({});
  stop = new AbortController();
  greet = (socket) => socket.send(HELLO);
  process.on('unhandledRejection', keepUnhandled);
  server = createServer((request, response) => {
    request.resume();
    const { port } = server.address() as AddressInfo;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${port}/link` }));
  });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => acks.push(JSON.parse(data.toString())));
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(opened.map((session) => session.end()));
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await new Promise((resolve) => server.close(resolve).closeAllConnections());
  process.off('unhandledRejection', keepUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

async function open(helloWithinMs = 5_000): Promise<SocketSession> {
  const { port } = server.address() as AddressInfo;
  const session = await openSocketSession(
    {
      appToken: 'xapp-1',
      apiUrl: `http://127.0.0.1:${port}/api/`,
      receive: (envelope) => {
        received.push(envelope);
        return answer(envelope);
      },
      fault: (error) => void faults.push(error),
      helloWithinMs,
    },
    stop.signal,
  );
  opened.push(session);
  return session;
}

const say = (text: string): void => sockets.clients.forEach((socket) => socket.send(text));
const envelope = (id: string, more: object = {}) =>
  JSON.stringify({ envelope_id: id, type: 'interactive', accepts_response_payload: true, payload: { a: 1 }, ...more });
const next = (what: WebSocket, event: string): Promise<unknown> => new Promise((resolve) => what.once(event, resolve));
const peer = (): WebSocket => [...sockets.clients][0] as WebSocket;

describe('a session', () => {
  it('takes an envelope once and answers in its acknowledgement', async () => {
    answer = async () => ({ payload: { response_action: 'clear' } });
    await open();
    const heard = next(peer(), 'message');
    say(envelope('e-1'));
    await heard;
    expect(received).toEqual([{ id: 'e-1', type: 'interactive', body: { a: 1 } }]);
    expect(acks).toEqual([{ envelope_id: 'e-1', payload: { response_action: 'clear' } }]);
  });

  it('says nothing back where Slack takes no payload', async () => {
    answer = async () => ({ payload: 'c-1' });
    await open();
    const heard = next(peer(), 'message');
    say(envelope('e-1', { type: 'events_api', accepts_response_payload: false, payload: { event: { type: 'x' } } }));
    await heard;
    expect(acks).toEqual([{ envelope_id: 'e-1', payload: {} }]);
  });

  it('outlives every message that it cannot read', async () => {
    await open();
    const heard = next(peer(), 'message');
    for (const text of ['null', '{', '7', '{"type":"events_api","payload":null}', '"'.repeat(3), '{}']) say(text);
    say(envelope('e-2', { type: 'a type to come' }));
    await heard;
    expect(acks).toEqual([{ envelope_id: 'e-2', payload: {} }]);
    expect(faults.length).toBeGreaterThan(2);
  });

  it('leaves an envelope unacknowledged when told to, and when its handling fails', async () => {
    answer = async ({ id }) => {
      if (id === 'e-2') throw new Error('broken');
      return id === 'e-1' ? null : {};
    };
    await open();
    const heard = next(peer(), 'message');
    for (const id of ['e-1', 'e-2', 'e-3']) say(envelope(id));
    await heard;
    expect(acks).toEqual([{ envelope_id: 'e-3', payload: {} }]);
    expect(faults).toEqual([new Error('broken')]);
  });

  it('goes on while Slack asks for a new connection, and says why', async () => {
    const session = await open();
    say(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    expect(await session.leaving).toBe('refresh_requested');
    const heard = next(peer(), 'message');
    say(envelope('e-1'));
    await heard;
    expect(acks).toHaveLength(1);
  });

  it('acknowledges what it took before it closes', async () => {
    let finish: (given: SocketAnswer) => void = () => undefined;
    const waiting = new Promise<SocketAnswer>((resolve) => (finish = resolve));
    let taken: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (taken = resolve));
    answer = (_) => {
      taken();
      return waiting;
    };
    const session = await open();
    say(envelope('e-1'));
    await arrived;
    const ended = session.end();
    finish({ payload: { late: true } });
    await ended;
    expect(acks).toEqual([{ envelope_id: 'e-1', payload: { late: true } }]);
    await session.closed;
  });

  it('ends although the peer never answers the close', async () => {
    const session = await open();
    (peer() as unknown as { _socket: { pause(): void } })._socket.pause();
    await session.end();
    await session.closed;
  });
});

describe('an opening', () => {
  it('is given up when Slack never says hello', async () => {
    greet = () => undefined;
    await expect(open(50)).rejects.toThrow('did not say hello in time');
  });

  it('fails when Slack hangs up, or sends away, before its hello', async () => {
    greet = (socket) => socket.close();
    await expect(open()).rejects.toThrow('closed before its hello');
    greet = (socket) => socket.send(JSON.stringify({ type: 'disconnect', reason: 'link_disabled' }));
    await expect(open()).rejects.toThrow('Slack answered link_disabled');
  });

  it('that is stopped half way leaves no connection behind', async () => {
    let connected: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (connected = resolve));
    greet = () => connected();
    const opening = open();
    await arrived;
    const gone = next(peer(), 'close');
    stop.abort();
    await expect(opening).rejects.toThrow('stopped');
    await gone;
  });

  it('that is stopped at once asks nothing of Slack', async () => {
    stop.abort();
    await expect(open()).rejects.toThrow();
    expect(sockets.clients.size).toBe(0);
  });
});
