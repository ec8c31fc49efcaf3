export interface SlotPoolOptions<T> {
  /** Start of each slot's name; two pools of one process must differ. */
  readonly prefix: string;
  readonly slots: number;
  /** Greatest total of the weights held at once. */
  readonly weightMax: number;
  /** Puts content into a slot, replacing what it held. */
  readonly put: (slot: string, content: T) => void;
  readonly empty: T;
}

/**
 * A least-recently-used cache over a fixed set of names. Cedar keeps what is preparsed by name for the life of the
 * process and has no way to drop one: putting into an old name frees the old content, a new name is a leak. So names
 * come from here, never from versions or requests, and all engines of a process share them.
 */
export class SlotPool<T> {
  private readonly held = new Map<string, { readonly slot: string; readonly weight: number }>();
  private readonly free: string[];
  private weight = 0;

  constructor(private readonly options: SlotPoolOptions<T>) {
    this.free = Array.from({ length: options.slots }, (_, index) => `${options.prefix}${index}`);
  }

  /**
   * The slot that holds `key`, filling one when none does. The answer is good until the next call: use it at once.
   * @param key names the content; equal keys must mean equal content
   * @param weight what the content costs, in the unit of `weightMax`
   */
  slotOf(key: string, weight: number, content: () => T): string {
    const hit = this.held.get(key);
    if (hit !== undefined) {
      this.held.delete(key);
      this.held.set(key, hit);
      return hit.slot;
    }
    while (this.held.size > 0 && (this.free.length === 0 || this.weight + weight > this.options.weightMax))
      this.evictOldest();
    const slot = this.free[this.free.length - 1];
    if (slot === undefined) throw new Error('a slot pool needs at least one slot');
    this.options.put(slot, content());
    this.free.pop();
    this.held.set(key, { slot, weight });
    this.weight += weight;
    return slot;
  }

  private evictOldest(): void {
    for (const [key, { slot, weight }] of this.held) {
      this.options.put(slot, this.options.empty);
      this.held.delete(key);
      this.weight -= weight;
      this.free.push(slot);
      return;
    }
  }
}
