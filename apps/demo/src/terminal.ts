import { isDeepStrictEqual } from 'node:util';

/** What the story promises at this point did not happen. */
export class StepFailed extends Error {}

const BOLD = 1;
const DIM = 2;
const RED = 31;
const GREEN = 32;

/** Tells the story: numbered steps, plain sentences, and checks that hold or end it. */
export class Terminal {
  private steps = 0;
  private held = 0;
  private muted = false;

  /** @param out colours are used when it can show them (a terminal, and no NO_COLOR) */
  constructor(private readonly out: NodeJS.WriteStream) {}

  get checks(): number {
    return this.held;
  }

  step(title: string): void {
    this.steps += 1;
    this.line(`\n${this.paint(BOLD, `${this.steps}. ${title}`)}`);
  }

  say(sentence: string): void {
    this.line(`   ${sentence}`);
  }

  /** Lines of somebody else: a card, a token, a log. */
  quote(lines: readonly string[]): void {
    for (const line of lines) this.line(this.paint(DIM, `     │ ${line}`));
  }

  /** Says the sentence when `actual` equals `expected`; otherwise the story ends here. */
  check(sentence: string, actual: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(actual, expected)) {
      throw new StepFailed(`${sentence}\n  expected ${JSON.stringify(expected)}\n  but got  ${JSON.stringify(actual)}`);
    }
    this.held += 1;
    this.line(`   ${this.paint(GREEN, '✓')} ${sentence}`);
  }

  fail(message: string): void {
    this.line(`\n${this.paint(RED, '✗')} ${message}`);
  }

  line(text = ''): void {
    if (!this.muted) this.out.write(`${text}\n`);
  }

  /** After an interruption the story may still be between two sentences; nobody wants to hear them. */
  mute(): void {
    this.muted = true;
  }

  private paint(style: number, text: string): string {
    const colours = this.out.isTTY && this.out.hasColors();
    return colours ? `\u001b[${style}m${text}\u001b[0m` : text;
  }
}
