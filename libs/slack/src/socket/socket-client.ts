import { SocketModeClient } from '@slack/socket-mode';
import { LogLevel, type Logger } from '@slack/web-api';

/** What Slack says of a connection rather than over it. */
export interface SocketHooks {
  /** Slack asks for a new connection and says why; this one may still work for some seconds. */
  makeWay(reason: string): void;
  /** A message could not be read. */
  fault(error: unknown): void;
}

export interface SocketClientOptions {
  /** `xapp-…` with `connections:write`. */
  readonly appToken: string;
  /** Ends `/api/`. */
  readonly apiUrl: string;
}

const API_TIMEOUT_MS = 5_000;
/** Far above the largest click; what is longer is not parsed. */
const MESSAGE_CHARS_MAX = 1024 * 1024;

/** The client says every failure several times over; ours say it once, in words without secrets. */
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/**
 * Slack's client for the life of one connection. It does not reconnect by itself: in version 3.1 a reconnection that is
 * refused, or that finds Slack unreachable, ends as an unhandled rejection, and one that Slack asks for leaves a gap of
 * seconds. Nor may a message that it cannot read reject unheard.
 */
export class GuardedSocketClient extends SocketModeClient {
  /** @param signal ends the call that asks Slack for an address */
  constructor(
    options: SocketClientOptions,
    private readonly hooks: SocketHooks,
    signal: AbortSignal,
  ) {
    super({
      appToken: options.appToken,
      autoReconnectEnabled: false,
      logger: SILENT,
      clientOptions: {
        slackApiUrl: options.apiUrl,
        allowAbsoluteUrls: false,
        timeout: API_TIMEOUT_MS,
        rejectRateLimitedCalls: true,
        retryConfig: { retries: 0 },
        fetch: (url, init) => fetch(url, { ...init, signal: either(init?.signal, signal) }),
      },
    });
  }

  protected override async onWebSocketMessage(data: string | ArrayBuffer, isBinary: boolean): Promise<void> {
    try {
      const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
      if (text.length > MESSAGE_CHARS_MAX) throw new Error('a message was longer than any that Slack sends');
      const reason = disconnectReason(text);
      if (reason !== null) this.hooks.makeWay(reason);
      else await super.onWebSocketMessage(text, isBinary);
    } catch (error) {
      this.hooks.fault(error);
    }
  }
}

function either(one: AbortSignal | null | undefined, other: AbortSignal): AbortSignal {
  return one ? AbortSignal.any([one, other]) : other;
}

/** `null` for every other message. Throws for what is not JSON. */
function disconnectReason(text: string): string | null {
  const message = JSON.parse(text) as { type?: unknown; reason?: unknown } | null;
  if (message?.type !== 'disconnect') return null;
  return typeof message.reason === 'string' ? message.reason : 'unknown';
}
