import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import canonicalize from 'canonicalize';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { Caller } from '../../harness/actors/agent.js';

interface Page {
  readonly items: readonly { readonly jti?: string }[];
  readonly cursor: string;
  readonly caught_up: boolean;
  readonly signed: string;
}

/** What a verifier was sent, and when (`performance.now()`). */
interface Heard {
  readonly at: number;
  readonly page: Page;
}

/**
 * A resource server that follows the feed of revocations over server-sent events, as docs/verifiers.md says and a
 * stranger would write it: every page's signature is checked before what it tells is believed.
 */
export class FollowingVerifier {
  private readonly heard: Heard[] = [];
  private readonly waiting = new Map<string, (heard: Heard) => void>();
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;
  private stream: IncomingMessage | undefined;

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
    const headers = { authorization: `Bearer ${await caller.assertion()}`, 'last-event-id': cursor };
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${base}/v1/revocations/stream`, { headers, agent: false }, resolve).on('error', reject);
    });
    if (stream.statusCode !== 200) throw new Error(`the stream answered ${stream.statusCode}`);
    verifier.stream = stream;
    verifier.read(stream);
    return verifier;
  }

  /**
   * Resolves with the moment from which this verifier refuses the token: what names it has come and is believed. Each
   * verifier is taken for a machine of its own, so that its check counts and it does not wait for those of the others,
   * which are made in the same process.
   * @param everyone resolves when all have been sent it
   */
  async refuses(token: string, everyone: (sent: Promise<unknown>) => Promise<unknown>): Promise<number> {
    const jti = String(decodeJwt(token).jti);
    const sent = this.sent(jti);
    await everyone(sent);
    const { at, page } = await sent;
    const began = performance.now();
    await this.believe(page);
    return at + performance.now() - began;
  }

  close(): void {
    this.stream?.destroy();
  }

  private sent(jti: string): Promise<Heard> {
    const already = this.heard.find(({ page }) => page.items.some((item) => item.jti === jti));
    return already === undefined ? new Promise((resolve) => this.waiting.set(jti, resolve)) : Promise.resolve(already);
  }

  private read(stream: IncomingMessage): void {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('error', () => undefined);
    stream.on('data', (chunk: string) => {
      const at = performance.now();
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.+)$/m.exec(event)?.[1];
        if (data !== undefined) this.take({ at, page: JSON.parse(data) as Page });
      }
    });
  }

  private take(heard: Heard): void {
    this.heard.push(heard);
    for (const { jti } of heard.page.items) {
      if (jti === undefined) continue;
      this.waiting.get(jti)?.(heard);
      this.waiting.delete(jti);
    }
  }

  /** @throws when the page is not what was signed */
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
  }
}
