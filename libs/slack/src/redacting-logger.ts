import { LogLevel, type Logger } from '@slack/web-api';

/** Where our own log takes a line. `fields` holds nothing but what is written here. */
export interface SlackLog {
  warn(message: string): void;
  error(message: string): void;
}

const SECRETS: readonly RegExp[] = [
  /\bx(?:ox[a-z]|app)[a-z.]*-[A-Za-z0-9-]+/g,
  /\bBearer\s+\S+/gi,
  /\b(?:https?|wss?):\/\/\S+/g,
  /\b[0-9a-f]{32,}\b/gi,
];
const LINE_MAX = 300;

/**
 * Slack's libraries log whole payloads at debug and objects on errors. This logger drops debug and info, lets only
 * strings and error messages through, without tokens, addresses and long hex, and keeps one line short.
 */
export function redactingLogger(log: SlackLog): Logger {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts: unknown[]) => log.warn(line(parts)),
    error: (...parts: unknown[]) => log.error(line(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}

/** The words of `parts` that may stand in a log. */
export function line(parts: readonly unknown[]): string {
  const words = parts.map((part) => {
    if (typeof part === 'string') return part;
    return part instanceof Error ? `${part.name}: ${part.message}` : '[object withheld]';
  });
  const whole = SECRETS.reduce((text, secret) => text.replace(secret, '[redacted]'), words.join(' '));
  return `slack: ${whole.replace(/\s+/g, ' ').slice(0, LINE_MAX)}`;
}
