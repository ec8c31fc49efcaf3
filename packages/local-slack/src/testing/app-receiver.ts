import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, parseJson, type JsonObject } from '../json.js';

/** One delivery as the app got it. */
export interface Received {
  readonly rawBody: string;
  readonly headers: IncomingHttpHeaders;
  readonly payload: JsonObject;
}

/** What the app answers: a status, and a body for `view_submission`. */
export type Reaction = (received: Received) => Promise<Reply | void> | Reply | void;
export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly never?: boolean;
  readonly headers?: Record<string, string>;
}

/** A small app that keeps every delivery and answers as the test says. */
export interface AppReceiver {
  readonly url: string;
  readonly received: Received[];
  react(reaction: Reaction): void;
  close(): Promise<void>;
}

/** Starts the app on a free loopback port; it answers 200 until told otherwise. */
export async function startReceiver(): Promise<AppReceiver> {
  const received: Received[] = [];
  let reaction: Reaction = () => undefined;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const rawBody = Buffer.concat(parts).toString('utf8');
      const text = rawBody.startsWith('payload=') ? new URLSearchParams(rawBody).get('payload') : rawBody;
      const payload = parseJson(text ?? '');
      const one = { rawBody, headers: request.headers, payload: isObject(payload) ? payload : {} };
      received.push(one);
      void Promise.resolve(reaction(one)).then((reply) => {
        if (reply?.never) return;
        response.writeHead(reply?.status ?? 200, { 'content-type': 'application/json', ...reply?.headers });
        response.end(reply?.json === undefined ? '' : JSON.stringify(reply.json));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`,
    received,
    react: (next) => {
      reaction = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
