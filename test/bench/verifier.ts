import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { Caller } from '../harness/actors/agent.js';

/** A resource server, as far as a bench asks: when did it begin to refuse this token? */
export interface Verifier {
  /** Resolves with `performance.now()` of the moment from which it refuses the token. */
  refuses(token: string): Promise<number>;
  close(): Promise<void>;
}

interface Page {
  readonly items: readonly { readonly jti?: string }[];
  readonly cursor: string;
  readonly caught_up: boolean;
  readonly signed: string;
}

/**
 * Follows the feed of revocations over server-sent events, as docs/verifiers.md says and a stranger would write it:
 * every page's signature is checked before what it tells is believed.
 */
export class FollowingVerifier implements Verifier {
  private readonly refused = new Map<string, number>();
  private readonly waiting = new Map<string, (at: number) => void>();
  private readonly ending = new AbortController();
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;
  private reading: Promise<void> = Promise.resolve();
  private failed: unknown;

  private constructor(
    private readonly caller: Caller,
    base: string,
  ) {
    this.keys = createRemoteJWKSet(new URL('/oauth/jwks', base));
  }

  /** Hears all that still matters, then opens its stream and goes on from there. */
  static async open(caller: Caller, base: string): Promise<FollowingVerifier> {
    const verifier = new FollowingVerifier(caller, base);
    let [query, cursor] = ['', ''];
    for (let caughtUp = false; !caughtUp; query = `?after=${cursor}`) {
      const page = (await caller.get(`/v1/revocations${query}`)).body as Page;
      await verifier.believe(page);
      ({ cursor, caught_up: caughtUp } = page);
    }
    const response = await fetch(`${base}/v1/revocations/stream`, {
      headers: { authorization: `Bearer ${await caller.assertion()}`, 'last-event-id': cursor },
      signal: verifier.ending.signal,
    });
    if (!response.ok || response.body === null) throw new Error(`the stream answered ${response.status}`);
    verifier.reading = verifier.read(response.body).catch((error: unknown) => void (verifier.failed = error));
    return verifier;
  }

  refuses(token: string): Promise<number> {
    const jti = String(decodeJwt(token).jti);
    const at = this.refused.get(jti);
    if (at !== undefined) return Promise.resolve(at);
    return new Promise((resolve) => this.waiting.set(jti, resolve));
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.reading;
    if (this.failed !== undefined && (this.failed as Error).name !== 'AbortError') throw this.failed as Error;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.+)$/m.exec(event)?.[1];
        if (data !== undefined) await this.believe(JSON.parse(data) as Page);
      }
    }
  }

  private async believe(page: Page): Promise<void> {
    const { payload } = await jwtVerify(page.signed, this.keys, {
      issuer: this.caller.issuer,
      audience: this.caller.id,
      typ: 'writ-revocations+jwt',
    });
    const digest = createHash('sha256')
      .update(canonicalize(page.items) ?? '')
      .digest('hex');
    if (payload['cursor'] !== page.cursor || payload['items_digest'] !== `sha256:${digest}`)
      throw new Error('a page of the feed is not what was signed');
    const at = performance.now();
    for (const { jti } of page.items) {
      if (jti === undefined || this.refused.has(jti)) continue;
      this.refused.set(jti, at);
      this.waiting.get(jti)?.(at);
      this.waiting.delete(jti);
    }
  }
}

const POLL_MS = 1_000;

/** Asks about each token that it holds once a second, from a moment of its own on. */
export class PollingVerifier implements Verifier {
  private readonly phase = Math.random() * POLL_MS;
  private readonly began = performance.now();
  private open = true;

  constructor(private readonly caller: Caller) {}

  async refuses(token: string): Promise<number> {
    while (this.open) {
      const since = performance.now() - this.began - this.phase;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS - (((since % POLL_MS) + POLL_MS) % POLL_MS)));
      const { status, body } = await this.caller.introspect(token);
      if (status !== 200) throw new Error(`introspection answered ${status}`);
      if (body.active === false) return performance.now();
    }
    throw new Error('the verifier was closed');
  }

  close(): Promise<void> {
    this.open = false;
    return Promise.resolve();
  }
}
