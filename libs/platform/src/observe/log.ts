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

/** Who tells, in words of Nest's own, how the program is put together at its start. */
const CHATTER: ReadonlySet<string> = new Set([
  'NestFactory',
  'NestApplication',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
]);

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

  log(message: unknown, ...rest: unknown[]): void {
    const { context } = factsOf(rest);
    this.nest(typeof context === 'string' && CHATTER.has(context) ? 'debug' : 'info', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.nest('fatal', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.nest('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.nest('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.nest('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.nest('trace', message, rest);
  }

  private nest(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    this.line(level, text(message), factsOf(rest));
  }
}

/** Nest hands over, after the message, a stack or more words, and at last the name of who speaks. */
function factsOf(rest: readonly unknown[]): { context?: string; stack?: string; details?: string[] } {
  const said = rest.filter((one) => one !== undefined);
  const last = said.at(-1);
  const context = typeof last === 'string' && !isStack(last) ? last : undefined;
  const others = (context === undefined ? said : said.slice(0, -1)).map(text);
  const stack = others.find(isStack);
  const details = others.filter((one) => one !== stack);
  return {
    ...(context === undefined ? {} : { context }),
    ...(stack === undefined ? {} : { stack }),
    ...(details.length === 0 ? {} : { details }),
  };
}

function isStack(words: string): boolean {
  return /\n\s+at /.test(words);
}

function text(message: unknown): string {
  if (message instanceof Error) return message.stack ?? message.message;
  return typeof message === 'string' ? message : (JSON.stringify(message) ?? String(message));
}
