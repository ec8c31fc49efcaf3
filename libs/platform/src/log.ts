import type { LoggerService } from '@nestjs/common';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** What must never reach a log: compact JWTs, Slack tokens, deferral codes, basic and bearer credentials, response URLs. */
const SECRETS: readonly RegExp[] = [
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /\bx(?:ox[a-z]|app)-[A-Za-z0-9-]+/g,
  /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/g,
  /https:\/\/hooks\.slack\.com\/[^\s"\\]+/g,
  /\bpostgres(?:ql)?:\/\/[^\s@"\\]*@/g,
];

/** The text without anything that looks like a credential. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, secret) => clean.replace(secret, '[redacted]'), text);
}

/** One JSON object a line on stderr. Also Nest's logger. */
export class JsonLog implements LoggerService {
  private readonly threshold: number;

  constructor(
    level: LogLevel,
    private readonly write: (line: string) => void = (line) => process.stderr.write(line),
  ) {
    this.threshold = LEVELS.indexOf(level);
  }

  /** @param facts plain values; keys are the operator's vocabulary, never an agent's text */
  line(level: LogLevel, message: string, facts: Readonly<Record<string, unknown>> = {}): void {
    if (LEVELS.indexOf(level) > this.threshold) return;
    const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...facts });
    this.write(`${redact(line)}\n`);
  }

  info(message: string, facts?: Record<string, unknown>): void {
    this.line('info', message, facts);
  }

  log(message: unknown, context?: unknown): void {
    this.line('debug', text(message), { context });
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.line('fatal', text(message), { rest: rest.map(text) });
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.line('error', text(message), rest.length === 0 ? {} : { rest: rest.map(text) });
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.line('warn', text(message), rest.length === 0 ? {} : { rest: rest.map(text) });
  }
  debug(message: unknown, context?: unknown): void {
    this.line('debug', text(message), { context });
  }
  verbose(message: unknown, context?: unknown): void {
    this.line('trace', text(message), { context });
  }
}

function text(message: unknown): string {
  if (message instanceof Error) return message.stack ?? message.message;
  return typeof message === 'string' ? message : (JSON.stringify(message) ?? String(message));
}
