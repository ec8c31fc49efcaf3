const MINUTE_MS = 60_000;

/** So many calls a minute for each caller, counted in this process: enough to keep a page's loop from the database. */
export class MinuteBudget {
  private readonly counts = new Map<string, number>();
  private minute = 0;

  /** @param most calls that one caller may make in one minute of the clock */
  constructor(
    private readonly most: number,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Counts a call. Returns `null` while it is within the budget, else the seconds until the next minute. */
  spend(caller: string): number | null {
    const now = this.nowMs();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.minute) {
      this.counts.clear();
      this.minute = minute;
    }
    const calls = (this.counts.get(caller) ?? 0) + 1;
    this.counts.set(caller, calls);
    return calls <= this.most ? null : Math.ceil(((minute + 1) * MINUTE_MS - now) / 1000);
  }
}
