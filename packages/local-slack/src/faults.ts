/** A failure of the Web API, to see what an app makes of it. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** The call takes effect, then the connection dies before the answer: the caller cannot know. */
  | { readonly kind: 'commit_then_reset' };

/** Armed failures by method name; `*` stands for every method. */
export class Faults {
  private readonly armed = new Map<string, { fault: Fault; left: number }>();

  /** Arms a failure for the next `times` calls of a method (once when not given; `Infinity` until cleared). */
  set(method: string, fault: Fault, times = 1): void {
    this.armed.set(method, { fault, left: times });
  }

  /** Disarms one method, or everything. */
  clear(method?: string): void {
    if (method === undefined) this.armed.clear();
    else this.armed.delete(method);
  }

  /** Returns the failure that the next call of this method meets, and counts it. */
  take(method: string): Fault | undefined {
    const key = this.armed.has(method) ? method : '*';
    const entry = this.armed.get(key);
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.armed.delete(key);
    return entry.fault;
  }
}
