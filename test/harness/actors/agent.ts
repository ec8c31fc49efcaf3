import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { rememberToken } from '../judges/minted.js';
import type { World } from '../world/world.js';

export interface Answer {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the wire says
  readonly headers: Headers;
}

export const DEFERRED = 'urn:ietf:params:oauth:grant-type:deferred';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** A stranger's view of the broker: an agent or client that signs its assertions and speaks HTTP. */
export class Caller {
  constructor(
    private readonly world: World,
    readonly issuer: string,
    readonly id: string,
    /** The process that is called: another than the issuer's where several brokers share one. */
    private readonly base = issuer,
  ) {}

  /** A fresh private_key_jwt assertion; `claims` replace or (as undefined) remove its members. */
  assertion(claims: Record<string, unknown> = {}): Promise<string> {
    const pair = this.world.keys[this.id];
    if (pair === undefined) throw new Error(`no key for ${this.id}`);
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: this.id,
      sub: this.id,
      aud: this.issuer,
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: pair.kid })
      .sign(pair.privateKey);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const authorization = headers['authorization'] ?? `Bearer ${await this.assertion()}`;
    return answer(
      await fetch(this.base + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers, authorization },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  /** A form to an OAuth endpoint, authenticated by assertion. */
  async form(path: string, parameters: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const body = new URLSearchParams({
      ...parameters,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await this.assertion(),
    });
    return answer(
      await fetch(this.base + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: body.toString(),
      }),
    );
  }

  ask(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post('/v1/escalations', body, headers);
  }

  redeem(code: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.tokenOf(this.form('/oauth/token', { grant_type: DEFERRED, deferral_code: code }, headers));
  }

  /** Asks at the token endpoint: members as in the body of an ask, objects and lists as JSON text. */
  askHere(members: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.tokenOf(this.form('/oauth/token', askForm(members), headers));
  }

  /** Exchanges the agent's own token for the next one of its grant. */
  renew(token: string, headers: Record<string, string> = {}): Promise<Answer> {
    const parameters = { grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN };
    return this.tokenOf(this.form('/oauth/token', parameters, headers));
  }

  private async tokenOf(asked: Promise<Answer>): Promise<Answer> {
    const given = await asked;
    rememberToken(this.world, (given.body as { access_token?: unknown } | null)?.access_token);
    return given;
  }

  introspect(token: string): Promise<Answer> {
    return this.form('/oauth/introspect', { token });
  }
}

/** An ask as a form says it. */
export function askForm(members: Record<string, unknown>): Record<string, string> {
  const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const texts = Object.entries(members).map(([name, value]): [string, string] => [name, textOf(value)]);
  return { grant_type: 'client_credentials', ...Object.fromEntries(texts) };
}

/** Calls again as a client should that is told to come again (503), for a while. */
export async function patiently(call: () => Promise<Answer>, tries = 20): Promise<Answer> {
  const given = await call();
  if (given.status !== 503 || tries <= 1) return given;
  await pause(Number(given.headers.get('retry-after') ?? 1) * 1_000);
  return patiently(call, tries - 1);
}

/** Reads an answer whole: JSON where it is JSON, text otherwise. */
export async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: the text itself is the answer.
  }
  return { status: response.status, body, headers: response.headers };
}

/** The ask that policy allows at once. */
export function readAsk(task = 'run-1'): Record<string, unknown> {
  return {
    resource: 'https://payments.example',
    authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
    task: { id: task },
  };
}

/** The same as an ask at the token endpoint may be: without a task. */
export const READ_HERE = {
  resource: 'https://payments.example',
  authorization_details: [{ type: 'tool_call', actions: ['payment.read'] }],
};

/** A refusal of the token endpoint, for `toMatchObject`. */
export function refusedWith(error: string, more: object = {}): object {
  return { status: 400, body: { error, ...more } };
}

/** The ask that one of the on-call people decides. */
export function refundAsk(order = '8812', more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    resource: 'https://payments.example',
    authorization_details: [
      {
        type: 'tool_call',
        actions: ['refund.create'],
        identifier: `order/${order}`,
        arguments: { order, amount: 4000 },
      },
    ],
    requested_ttl: 300,
    max_uses: 1,
    task: { id: 'run-77', description: `Refund order ${order}`, ticket: 'OPS-1' },
    ...more,
  };
}
