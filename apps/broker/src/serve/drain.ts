import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as roundOfTheLoop } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '#domain/refusal.js';
import { sendProblem } from '#platform/http/refusal-response.js';

/** Rounds of the event loop that must bring no connection, and rounds at most. */
const QUIET_ROUNDS = 3;
const ROUNDS_MAX = 1_000;

/**
 * The time between the word that this process is to end and its end: it serves whatever comes, on old connections and
 * new ones, but says with each answer that the connection ends, and to those who ask whether it is ready that it is not.
 * So everyone in front of it turns to another process before this one refuses anybody.
 */
export class Leaving {
  private begun = false;
  private readonly sockets = new Set<Socket>();
  private readonly used = new Set<Socket>();

  /** Has every connection and every request of this server pass here. */
  watch(fastify: FastifyInstance): void {
    const server = fastify.server as Server;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => [this.sockets, this.used].forEach((set) => set.delete(socket)));
    });
    fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      this.used.add(request.raw.socket);
      if (!this.begun) return done();
      this.sayGoodbye(reply);
      if (request.url !== '/readyz') return done();
      sendProblem(reply, refuse('unavailable', 'Not ready: this process is ending.', { retryAfterSeconds: 1 }));
    });
    // A request from before, such as a long poll, is answered later.
    fastify.addHook('onSend', (_request: FastifyRequest, reply: FastifyReply, payload: unknown, done) => {
      this.sayGoodbye(reply);
      done(null, payload);
    });
    fastify.addHook('onResponse', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
      this.used.delete(request.raw.socket);
      done();
    });
    fastify.addHook('preClose', () => closed(server));
  }

  /** From now on this process says that it leaves. */
  begin(): void {
    this.begun = true;
  }

  /** Cuts connections over which nothing is under way, such as those of clients that never asked anything. */
  cutUnused(): void {
    for (const socket of this.sockets) if (!this.used.has(socket)) socket.destroy();
  }

  private sayGoodbye(reply: FastifyReply): void {
    if (this.begun) void reply.header('Connection', 'close');
  }
}

/**
 * Closing cuts connections that nobody has accepted yet, and those whose request lies unread. So the loop goes round
 * until it brings none, and the server closes in the same breath: Fastify itself would let others come in between.
 */
async function closed(server: Server): Promise<void> {
  let heard = 0;
  const hear = (): void => void (heard += 1);
  server.on('connection', hear);
  for (let round = 0, quiet = 0; round < ROUNDS_MAX && quiet < QUIET_ROUNDS; round += 1) {
    const before = heard;
    await roundOfTheLoop();
    quiet = heard === before ? quiet + 1 : 0;
  }
  server.off('connection', hear);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
