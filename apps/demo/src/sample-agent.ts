import { randomUUID } from 'node:crypto';
import type { Answer, SignedClient } from './signed-client.js';

/** One piece of authority (RFC 9396): exactly these actions, on this thing, with these arguments. */
export interface ToolCall {
  readonly type: 'tool_call';
  readonly actions: readonly string[];
  readonly identifier?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** What an agent asks for. `task.id`, `resource` and `authorization_details` are required. */
export interface Ask {
  readonly resource: string;
  readonly authorization_details: readonly ToolCall[];
  readonly max_uses?: number;
  readonly task: { readonly id: string; readonly description?: string; readonly ticket?: string };
  readonly justification?: string;
}

/** What Writ answers, as far as this agent reads it. */
export interface Escalation {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'denied' | 'cancelled' | 'lapsed';
  readonly digest: string;
  readonly policy: { readonly outcome: string; readonly determining: readonly string[] };
  readonly approval: {
    readonly groups: readonly Gate[];
    readonly window_seconds: number;
  } | null;
  readonly clock: {
    readonly steps: readonly { readonly at: string; readonly step: string; readonly done: boolean }[];
  } | null;
  readonly granted: { readonly ttl: number; readonly max_uses: number | null; readonly cuts: readonly object[] } | null;
  readonly denial: { readonly by: string; readonly reason: string; readonly next: { readonly action: string } } | null;
  /** Only in the answer to `ask`: keep it, nothing else can collect the token. */
  readonly continuation?: { readonly grant_type: string; readonly deferral_code: string };
}

/** Who must say yes, and how many of them. */
export interface Gate {
  readonly id: string;
  readonly quorum: number;
  readonly approved: number;
}

/** A collected token; `grant_id` is what the agent completes when its task is done. */
export interface Token {
  readonly access_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly authorization_details: readonly ToolCall[];
  readonly grant_id: string;
}

/** What the agent reads of a grant that it completed. */
export interface Grant {
  readonly id: string;
  readonly status: string;
  readonly end_reason: string | null;
}

/** A sample agent, in the five verbs of a task: ask, wait, collect, use, complete; and ask and collect in one. Copy it freely. */
export class SampleAgent {
  constructor(private readonly writ: SignedClient) {}

  /** Asks for the authority of one task. Policy may decide at once (201) or leave it to people (202). */
  async ask(ask: Ask): Promise<Escalation> {
    // The key makes a retry safe: after a lost answer, send the same body with the same key and get the first answer.
    const headers = { 'idempotency-key': randomUUID() };
    return expectStatus([201, 202], await this.writ.json<Escalation>('POST', '/v1/escalations', ask, headers));
  }

  /** Asks and collects in one request, where policy allows it at once; throws where it does not. */
  async askForToken({ resource, authorization_details, task }: Ask): Promise<Token> {
    const form = {
      grant_type: 'client_credentials',
      resource,
      authorization_details: JSON.stringify(authorization_details),
      task: JSON.stringify(task),
    };
    // After a lost answer the same form with the same key brings the same token, for a minute.
    const headers = { 'idempotency-key': randomUUID() };
    return expectStatus([200], await this.writ.form<Token>('/oauth/token', form, headers));
  }

  /** Waits until the escalation is decided; returns it then. */
  async waitForDecision({ id }: Escalation): Promise<Escalation> {
    for (;;) {
      // Writ holds this answer back until something changes: one quiet request instead of a poll every second.
      const path = `/v1/escalations/${id}`;
      const now = expectStatus([200], await this.writ.json<Escalation>('GET', path, undefined, { prefer: 'wait=5' }));
      if (now.status !== 'pending') return now;
    }
  }

  /** Collects the token of an approved escalation. The clock of the grant starts here, not at the approval. */
  async collect({ continuation }: Escalation): Promise<Token> {
    if (continuation === undefined) throw new Error('only the answer to `ask` carries the deferral code');
    const { grant_type, deferral_code } = continuation;
    // A code works once. The key lets the same agent fetch the same token again, for a minute, if the answer was lost.
    const headers = { 'idempotency-key': randomUUID() };
    return expectStatus([200], await this.writ.form<Token>('/oauth/token', { grant_type, deferral_code }, headers));
  }

  /** Calls a resource with the token, or without one. */
  async use(url: string, token: Token | null, body?: object): Promise<Answer<Record<string, unknown>>> {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token.access_token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Says that the task is done. The token is dead from here on, however long it still had to live. */
  async complete({ grant_id }: Token, summary: string): Promise<Grant> {
    const report = { outcome: 'succeeded', summary };
    return expectStatus([200], await this.writ.json<Grant>('POST', `/v1/grants/${grant_id}/complete`, report));
  }
}

function expectStatus<T>(expected: readonly number[], { status, body }: Answer<T>): T {
  if (expected.includes(status)) return body;
  throw new Error(`Writ answered ${status}: ${JSON.stringify(body)}`);
}
