/** Wakes the relay of this process after a commit that enqueued work, here or, as `Announcements` tells, elsewhere. */
export class OutboxSignal {
  private readonly waiters = new Set<() => void>();
  private pending = false;
  /** A relay of this process has waited here. */
  hasRelay = false;

  wake(): void {
    this.pending = true;
    for (const resume of [...this.waiters]) resume();
  }

  /** Resolves at the next wake, at once if one came since the last wait, or after `ms`. */
  async wait(ms: number): Promise<void> {
    this.hasRelay = true;
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          clearTimeout(timer);
          this.waiters.delete(resume);
          resolve();
        };
        const timer = setTimeout(resume, ms);
        this.waiters.add(resume);
      });
    }
    this.pending = false;
  }
}
