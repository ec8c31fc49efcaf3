/** What of a logger is needed here; Nest's has it. */
export interface LogSink {
  log(message: string): void;
  warn(message: string): void;
}

const CAUSES_KEPT = 10;
const WORDS_MAX = 300;

/** Says once that something stopped working, once for each further cause, and once that it works again. */
export class OutageLog {
  private readonly causes = new Set<string>();
  private downAt: number | null = null;

  constructor(
    private readonly subject: string,
    private readonly sink: LogSink,
  ) {}

  /** How long it has been failing, in milliseconds; 0 while it works. */
  failingMs(): number {
    return this.downAt === null ? 0 : performance.now() - this.downAt;
  }

  down(error: unknown): void {
    this.downAt ??= performance.now();
    const cause = errorWords(error);
    if (this.causes.has(cause) || this.causes.size >= CAUSES_KEPT) return;
    this.causes.add(cause);
    this.sink.warn(`${this.subject} is failing: ${cause}`);
  }

  up(): void {
    this.downAt = null;
    if (this.causes.size === 0) return;
    this.causes.clear();
    this.sink.log(`${this.subject} works again`);
  }
}

/** One short line about an error, without its stack. A refused connection is an AggregateError with no words of its own. */
export function errorWords(error: unknown): string {
  if (!(error instanceof Error)) return 'not an Error';
  const { code } = error as { code?: unknown };
  const words = error.message === '' ? `${error.name} ${typeof code === 'string' ? code : ''}` : error.message;
  return words
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, WORDS_MAX);
}
