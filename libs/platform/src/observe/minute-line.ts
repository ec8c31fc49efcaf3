const EVERY_MS = 60_000;

/** One line a minute about what happens to every caller alike: the first at once, and how many others there were. */
export class MinuteLine {
  private saidAt = -Infinity;
  private others = 0;

  constructor(
    private readonly say: (fields: { readonly cause: string; readonly others: number }) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @param cause without a stack; the newest is told */
  tell(cause: string): void {
    if (this.nowMs() - this.saidAt < EVERY_MS) {
      this.others += 1;
      return;
    }
    this.say({ cause, others: this.others });
    this.saidAt = this.nowMs();
    this.others = 0;
  }
}
