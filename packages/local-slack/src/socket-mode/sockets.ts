import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ACK_MS } from '../delivery.js';
import { isObject, parseJson, stringOf, type JsonObject } from '../json.js';
import type { DisconnectReason, Envelope, SentEnvelope } from './envelope.js';
import type { Links } from './links.js';

/** An app may hold this many connections; one more is told so and closed. */
const CONNECTIONS_MAX = 10;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const PING_MS = 10_000;
/** A connection that was told to go is closed after this time. */
const LEAVE_MS = 10_000;
const ENVELOPES_KEPT = 1_000;

/** The app's connections: each envelope goes to any one of them, and only the app's acknowledgement ends it. */
export class Sockets {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
  /** In the order in which they take the next envelope. */
  private readonly open: WebSocket[] = [];
  private readonly waiting = new Map<string, (payload: JsonObject) => void>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly kept: SentEnvelope[] = [];

  constructor(
    private readonly links: Links,
    private readonly appId: string,
  ) {
    const timer = setInterval(() => this.server.clients.forEach((socket) => socket.ping()), PING_MS);
    this.timers.add(timer.unref());
  }

  /** How many connections would take an envelope now. */
  get connections(): number {
    return this.open.length;
  }

  /** The newest envelopes, oldest first. */
  get sent(): readonly SentEnvelope[] {
    return [...this.kept];
  }

  /** Takes a request to upgrade; refuses any that is not for a link with an unused ticket (`allowed`: Host and Origin). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, allowed: boolean): void {
    const url = new URL(`http://local${request.url?.startsWith('/') ? request.url : '/'}`);
    if (!allowed || url.pathname !== '/link/') return refuse(socket, allowed ? 404 : 403);
    if (!this.links.redeem(url.searchParams.get('ticket') ?? '')) return refuse(socket, 403);
    this.server.handleUpgrade(request, socket, head, (opened) => this.welcome(opened));
  }

  /** Sends an envelope to one connection; the payload of its acknowledgement, `late` after 3 s, `nobody` when none is open. */
  async deliver(envelope: Envelope): Promise<{ payload: JsonObject } | 'late' | 'nobody'> {
    const socket = this.open.shift();
    if (socket === undefined) return 'nobody';
    this.open.push(socket);
    const payload = await new Promise<JsonObject | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), ACK_MS);
      this.waiting.set(envelope.envelope_id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      socket.send(JSON.stringify(envelope));
    });
    this.waiting.delete(envelope.envelope_id);
    this.kept.push(payload === undefined ? { envelope } : { envelope, ack: { payload } });
    if (this.kept.length > ENVELOPES_KEPT) this.kept.shift();
    return payload === undefined ? 'late' : { payload };
  }

  /** Tells every connection to make way for a new one: it gets no envelope any more and is closed 10 s later. */
  disconnect(reason: DisconnectReason): void {
    for (const socket of this.open.splice(0)) this.sendAway(socket, reason);
  }

  /** Cuts every connection without a word, as a broken network does. */
  drop(): void {
    this.open.length = 0;
    for (const socket of this.server.clients) socket.terminate();
  }

  /** Sends this text as it stands to every connection. */
  say(text: string): void {
    for (const socket of this.open) socket.send(text);
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.drop();
    this.server.close();
  }

  private welcome(socket: WebSocket): void {
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer, isBinary) => this.heard(socket, isBinary ? '' : data.toString('utf8')));
    socket.on('close', () => this.forget(socket));
    if (this.open.length >= CONNECTIONS_MAX) return this.sendAway(socket, 'too_many_websockets');
    this.open.push(socket);
    const hello = {
      type: 'hello',
      num_connections: this.open.length,
      debug_info: debugInfo(),
      connection_info: { app_id: this.appId },
    };
    socket.send(JSON.stringify(hello));
  }

  /** An app says nothing but acknowledgements; anything else ends the connection. */
  private heard(socket: WebSocket, text: string): void {
    const message = parseJson(text);
    const payload = isObject(message) ? (message['payload'] ?? {}) : undefined;
    const id = stringOf(message, 'envelope_id');
    if (id === '' || !isObject(payload)) return socket.close(1008, 'an acknowledgement has an envelope_id');
    this.waiting.get(id)?.(payload);
  }

  private sendAway(socket: WebSocket, reason: DisconnectReason): void {
    socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: debugInfo() }));
    const timer = setTimeout(() => socket.close(), LEAVE_MS).unref();
    this.timers.add(timer);
    socket.on('close', () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    });
  }

  private forget(socket: WebSocket): void {
    const at = this.open.indexOf(socket);
    if (at >= 0) this.open.splice(at, 1);
  }
}

function debugInfo(): JsonObject {
  return { host: 'applink-local', build_number: 1, approximate_connection_time: 18_060 };
}

function refuse(socket: Duplex, status: 403 | 404): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
