/** Who waits, and how it is told that its turn came (`true`) or never will. */
type Waiter = (turn: boolean) => void;
type Places = Map<string, Waiter[]>;

/** What a place has to answer for beside those of it that wait: the first to go when there is no more room. */
export type Guilt = (lane: string, place: string) => number;

/**
 * Turns at something dear, shared first by lane, then within a lane by the place that asks: however many come at one
 * lane, or from one place, all others have their turn as soon as if those had sent one. When no more may wait, the one
 * who waits longest in line behind its own kind goes, not the one who comes last.
 */
export class FairQueue {
  /** Maps keep insertion order: whoever had a turn goes to the end of it. */
  private readonly lanes = new Map<string, Places>();
  private waiting = 0;
  private running = 0;
  private turns = 0;

  constructor(
    private readonly atOnce: number,
    private readonly waitingMax: number,
    private readonly guilt: Guilt = () => 0,
  ) {}

  /** Does `work` when its turn has come; `null` when too many wait, and it was not begun. */
  async run<T>(lane: string, place: string, work: () => Promise<T>): Promise<T | null> {
    if (!(await this.enter(lane, place))) return null;
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private enter(lane: string, place: string): Promise<boolean> {
    if (this.running < this.atOnce) {
      this.running += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const places = this.lanes.get(lane) ?? new Map<string, Waiter[]>();
      this.lanes.set(lane, places);
      places.set(place, [...(places.get(place) ?? []), resolve]);
      this.waiting += 1;
      if (this.waiting > this.waitingMax) this.dropOne();
    });
  }

  private leave(): void {
    const [next] = this.lanes;
    if (next === undefined) {
      this.running -= 1;
      return;
    }
    const [lane, places] = next;
    const place = this.placeIn(lane, places);
    const waiter = this.take(lane, place, (waiters) => waiters.shift());
    const left = places.get(place);
    if (left !== undefined) {
      places.delete(place);
      places.set(place, left);
    }
    if (this.lanes.delete(lane) && places.size > 0) this.lanes.set(lane, places);
    waiter(true);
  }

  /** Every other turn is the least guilty one's: it neither waits behind many places that guess, nor keeps them out. */
  private placeIn(lane: string, places: Places): string {
    this.turns += 1;
    const all = [...places.keys()];
    const [first = ''] = all;
    if (this.turns % 2 === 0) return first;
    return all.reduce((best, place) => (this.guilt(lane, place) < this.guilt(lane, best) ? place : best), first);
  }

  private dropOne(): void {
    const heaviest = (sizes: [string, number][]): string =>
      sizes.reduce((most, entry) => (entry[1] >= most[1] ? entry : most), ['', 0])[0];
    const lane = heaviest([...this.lanes].map(([name, places]) => [name, sizeOf(places)]));
    const places = [...(this.lanes.get(lane) ?? [])];
    const place = heaviest(places.map(([name, waiters]) => [name, waiters.length + this.guilt(lane, name)]));
    this.take(lane, place, (waiters) => waiters.pop())(false);
  }

  private take(lane: string, place: string, which: (waiters: Waiter[]) => Waiter | undefined): Waiter {
    const places = this.lanes.get(lane);
    const waiters = places?.get(place);
    const waiter = waiters === undefined ? undefined : which(waiters);
    if (places === undefined || waiters === undefined || waiter === undefined) throw new Error('nobody waits there');
    this.waiting -= 1;
    if (waiters.length === 0) places.delete(place);
    if (places.size === 0) this.lanes.delete(lane);
    return waiter;
  }
}

function sizeOf(places: Places): number {
  return [...places.values()].reduce((size, waiters) => size + waiters.length, 0);
}
