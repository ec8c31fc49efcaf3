import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refused, TokenGate } from './token-gate.js';
import type { SignedClient } from './signed-client.js';

/** A refund that was really made. */
export interface Refund {
  readonly order: string;
  readonly amount: number;
}

export interface RunningPaymentsApi {
  readonly url: string;
  /** All refunds so far. */
  readonly refunds: readonly Refund[];
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 4096;
const PAYMENTS = [
  { id: 'pay-1', order: '8812', amount: 4000 },
  { id: 'pay-2', order: '9000', amount: 99_900 },
];

/**
 * A sample resource server: `GET /payments`, and `POST /orders/{order}/refunds` with `{ amount }` in cents. Listens on
 * the loopback address, on any free port. It holds no list of agents and no rules of its own: the token says it all.
 */
export async function startPaymentsApi(
  audience: string,
  issuer: string,
  writ: SignedClient,
): Promise<RunningPaymentsApi> {
  const gate = await TokenGate.open(audience, issuer, writ);
  const refunds: Refund[] = [];
  const server = createServer((request, response) => {
    void answer(request, gate, refunds).then(({ status, body }) => {
      // RFC 6750 section 3: a 401 names the scheme.
      const challenge = status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
      response.writeHead(status, { 'content-type': 'application/json', ...challenge }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refunds,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  gate: TokenGate,
  refunds: Refund[],
): Promise<{ status: number; body: object }> {
  try {
    return await route(request, gate, refunds);
  } catch (error) {
    if (error instanceof Refused) return { status: error.status, body: { code: error.code, detail: error.message } };
    // Writ or the network is down. Without an answer there is no permission.
    return { status: 503, body: { code: 'unavailable', detail: 'The token cannot be checked now.' } };
  }
}

async function route(
  request: IncomingMessage,
  gate: TokenGate,
  refunds: Refund[],
): Promise<{ status: number; body: object }> {
  const token = await gate.verify(request.headers.authorization);
  const order = /^\/orders\/([0-9]{1,12})\/refunds$/.exec(request.url ?? '')?.[1];
  if (request.method === 'GET' && request.url === '/payments') {
    await gate.spend(token, { action: 'payment.read' }, randomUUID());
    return { status: 200, body: { payments: PAYMENTS } };
  }
  if (request.method === 'POST' && order !== undefined) {
    const amount = await readAmount(request);
    // The call is described from what this server is about to do, never from what the caller says that it does.
    const call = { action: 'refund.create', identifier: `order/${order}`, arguments: { order, amount } };
    // The call id is made here: were it the caller's, sending the same one twice would refund twice for one use.
    await gate.spend(token, call, randomUUID());
    refunds.push({ order, amount });
    return { status: 201, body: { refunded: { order, amount } } };
  }
  throw new Refused(404, 'not_found', 'There is no such thing here.');
}

async function readAmount(request: IncomingMessage): Promise<number> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > BODY_BYTES_MAX) throw new Refused(413, 'too_large', 'The body is too large.');
  }
  try {
    const { amount } = JSON.parse(text) as { amount?: unknown };
    if (typeof amount === 'number' && Number.isSafeInteger(amount) && amount > 0) return amount;
  } catch {
    // Not JSON, or not an object: the same answer as for a wrong amount.
  }
  throw new Refused(400, 'invalid_request', 'Send { "amount": cents }.');
}
