/** Wakes the relay of this process after a commit that enqueued work; other processes find the rows by polling. */
export class OutboxSignal {
  private waiters: (() => void)[] = [];
  private pending = false;

  wake(): void {
    this.pending = true;
    const woken = this.waiters;
    this.waiters = [];
    for (const resume of woken) resume();
  }

  /** Resolves at the next wake, at once if one came since the last wait, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    this.pending = false;
  }
}
