import { request as httpRequest } from 'node:http';
import { signature } from './signing.js';
import type { Clock } from './workspace.js';

/** An app must answer a delivery within this time. */
export const ACK_MS = 3_000;
/** Events are delivered again at once, after a minute and after five. */
export const EVENT_RETRY_DELAYS_MS: readonly number[] = [0, 60_000, 300_000];
const ANSWER_BYTES_MAX = 512 * 1024;

/** What came back from the app; `status` 0 means that nothing did. */
export interface Delivered {
  readonly ok: boolean;
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Set when the app failed: `http_timeout`, `connection_failed`, `http_error`, `no_request_url`, `socket_timeout`, `no_socket`. */
  readonly error?: string;
  /** The exact bytes and headers that were sent, so that a test can send them again. */
  readonly sent: { readonly body: string; readonly headers: Readonly<Record<string, string>> };
}

/** How one delivery may differ from an honest one. A header that is `null` is left out. */
export interface DeliveryChanges {
  readonly contentType?: string;
  readonly timestamp?: string;
  readonly signature?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly path?: string;
}

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Takes an address; returns it when it is plain HTTP on loopback. Throws otherwise: signed deliveries never leave this machine. */
export function loopbackUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol !== 'http:' || !LOOPBACK_HOSTS.has(url.hostname))
    throw new Error(`the request URL must be http:// on loopback, not ${text}`);
  return url;
}

/** One way to the app for what people do. */
export interface DeliveryChannel {
  /** Takes an interaction payload; never throws. */
  interaction(payload: unknown): Promise<Delivered>;
  /** Takes the fields of a slash command; never throws. */
  command(fields: Readonly<Record<string, string>>): Promise<Delivered>;
  /** Takes an event; returns the first attempt. */
  event(envelope: unknown): Promise<Delivered>;
}

/** Signs and posts to the app's one request URL. */
export class Delivery implements DeliveryChannel {
  private target: URL | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly secret: string,
    private readonly now: Clock,
    requestUrl?: string,
  ) {
    if (requestUrl) this.setRequestUrl(requestUrl);
  }

  setRequestUrl(url: string): void {
    this.target = loopbackUrl(url);
  }

  /** Takes an interaction payload; delivers it as the form field `payload`. */
  interaction(payload: unknown): Promise<Delivered> {
    return this.post(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
  }

  /** Takes the fields of a slash command; delivers them as a flat form. Slack never delivers one again. */
  command(fields: Readonly<Record<string, string>>): Promise<Delivered> {
    return this.post(new URLSearchParams(fields).toString());
  }

  /** Takes an event; delivers it as JSON and again up to three times when the app fails. Returns the first attempt. */
  async event(envelope: unknown): Promise<Delivered> {
    const body = JSON.stringify(envelope);
    const first = await this.post(body, { contentType: 'application/json' });
    this.retry(body, first, 0);
    return first;
  }

  /** Takes a raw body; signs it (or not quite, as the changes say) and posts it. Never throws. */
  post(body: string, changes: DeliveryChanges = {}): Promise<Delivered> {
    const timestamp = changes.timestamp ?? String(Math.floor(this.now() / 1000));
    const honest: Record<string, string | null> = {
      'content-type': changes.contentType ?? 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      accept: 'application/json,*/*',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': changes.signature ?? signature(changes.secret ?? this.secret, timestamp, body),
    };
    const kept = Object.entries({ ...honest, ...changes.headers }).filter(([, value]) => value !== null);
    const headers = Object.fromEntries(kept) as Record<string, string>;
    if (!this.target) return Promise.resolve(failed('no_request_url', { body, headers }));
    const target = new URL(this.target);
    if (changes.path !== undefined) target.pathname = changes.path;
    return exchange(target, body, headers);
  }

  /** Stops waiting retries. */
  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private retry(body: string, last: Delivered, number: number): void {
    const delay = EVENT_RETRY_DELAYS_MS[number];
    if (last.ok || delay === undefined || last.headers['x-slack-no-retry'] === '1') return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      const headers = { 'x-slack-retry-num': String(number + 1), 'x-slack-retry-reason': last.error ?? 'http_error' };
      void this.post(body, { contentType: 'application/json', headers }).then((next) =>
        this.retry(body, next, number + 1),
      );
    }, delay);
    timer.unref();
    this.timers.add(timer);
  }
}

function failed(error: string, sent: Delivered['sent']): Delivered {
  return { ok: false, status: 0, body: '', headers: {}, error, sent };
}

function exchange(target: URL, body: string, headers: Record<string, string>): Promise<Delivered> {
  const sent = { body, headers };
  return new Promise((resolve) => {
    const outgoing = httpRequest(target, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
    });
    const timer = setTimeout(() => {
      resolve(failed('http_timeout', sent));
      outgoing.destroy();
    }, ACK_MS);
    outgoing.on('error', () => {
      clearTimeout(timer);
      resolve(failed('connection_failed', sent));
    });
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part: string) => {
        if (text.length < ANSWER_BYTES_MAX) text += part;
      });
      incoming.on('error', () => resolve(failed('connection_failed', sent)));
      incoming.on('end', () => {
        clearTimeout(timer);
        const status = incoming.statusCode ?? 0;
        const ok = status >= 200 && status < 300;
        const answered = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          ok,
          status,
          body: text,
          headers: Object.fromEntries(answered) as Record<string, string>,
          ...(ok ? {} : { error: 'http_error' }),
          sent,
        });
      });
    });
    outgoing.end(body);
  });
}
