import { setTimeout as pause } from 'node:timers/promises';
import type { Cell, Cpu, Terms } from '../figure.js';
import { percentile } from '../figure.js';
import { Meter } from './cpu.js';
import { openField, settled, type Field } from './field.js';
import { OurRequests } from './ours.js';
import { makeParties } from './parties.js';
import { PeerRequests, startPeer, type Peer } from './peer.js';
import { Wire, type Line } from './wire.js';

const AGENTS = 32;
const IDLE_MS = 3_000;
const LOGGED = 5;
/** Every connection of a pool plans a statement anew five times before it keeps a plan. */
const WARM_UP = 640;
const CELL_SECONDS = 2;
const SHORT_CELL_SECONDS = 1;
const CELL_MIN = 64;
const CELL_MAX = 6_000;

/** What one connection does for one operation: everything that can be signed or written before is. */
export type Work = (line: Line, index: number) => Promise<void>;

/** Makes the work of a cell of so many operations: whatever it needs first is done outside of the cell. */
export type Preparing = (count: number) => Promise<Work> | Work;

/** Both sides on one server: the broker with every role in one process, and `oidc-provider`. */
export class Sides {
  private readonly wires: Wire[] = [];

  private constructor(
    readonly field: Field,
    readonly peer: Peer,
    readonly ours: OurRequests,
    readonly theirs: PeerRequests,
    private readonly meters: { readonly ours: Meter | null; readonly theirs: Meter | null },
    /** What PostgreSQL does in a millisecond for a broker that nobody asks: not to be counted to the peer. */
    private readonly idle: number,
    private readonly terms: Terms,
  ) {}

  /** Opens both, does the work and closes both. */
  static async opened<T>(terms: Terms, use: (sides: Sides) => Promise<T>): Promise<T> {
    const parties = makeParties(AGENTS);
    const field = await openField({ parties });
    try {
      const peer = await startPeer(parties);
      try {
        const meter = await Meter.over(field.world.database.pool, [peer.pid]);
        const idle = terms.short ? 0 : await idleRate(meter, field);
        const [ours, theirs] = [new OurRequests(field.issuer, parties), new PeerRequests(peer.base, parties)];
        const sides = new Sides(field, peer, ours, theirs, { ours: field.meter, theirs: meter }, idle, terms);
        return await use(sides)
          .catch((fault: unknown) => {
            // Only a broker knows why it did not answer as it should.
            terms.say(field.processes.flatMap(({ logged }) => logged.slice(-LOGGED)).join(''));
            throw fault;
          })
          .finally(() => sides.wires.forEach((wire) => wire.close()));
      } finally {
        await peer.close();
      }
    } finally {
      await field.close();
    }
  }

  /** Warms up, and answers what measures a cell of some two seconds on so many connections. */
  async atOurs(connections: number, preparing: Preparing, warmUp = WARM_UP): Promise<() => Promise<Cell>> {
    const wire = this.wire(this.field.processes[0]?.base ?? '', connections);
    return this.sized(warmUp, (count) => this.cell(wire, count, preparing, this.meters.ours, true));
  }

  /** The same at the peer. */
  async atTheirs(connections: number, preparing: Preparing, warmUp = WARM_UP): Promise<() => Promise<Cell>> {
    const wire = this.wire(this.peer.base, connections);
    return this.sized(warmUp, (count) => this.cell(wire, count, preparing, this.meters.theirs, false));
  }

  /** A wire that is closed with the sides. */
  wire(base: string, connections: number): Wire {
    const wire = new Wire(base, connections);
    this.wires.push(wire);
    return wire;
  }

  private async sized(warmUp: number, run: (count: number) => Promise<Cell>): Promise<() => Promise<Cell>> {
    await run(warmUp / 2);
    const { perSecond } = await run(warmUp / 2);
    const seconds = this.terms.short ? SHORT_CELL_SECONDS : CELL_SECONDS;
    const count = Math.round(Math.min(CELL_MAX, Math.max(CELL_MIN, perSecond * seconds)));
    return () => run(count);
  }

  private async cell(
    wire: Wire,
    count: number,
    preparing: Preparing,
    meter: Meter | null,
    isOurs: boolean,
  ): Promise<Cell> {
    const work = await preparing(count);
    await settled(this.field);
    const before = meter?.read();
    const began = performance.now();
    const took = await wire.flood(count, work);
    const ms = performance.now() - began;
    if (isOurs) await settled(this.field);
    const spent = meter?.read();
    const idle = isOurs ? 0 : this.idle * ms;
    const cpu =
      before === undefined || spent === undefined
        ? null
        : { node: (spent.node - before.node) / count, postgres: (spent.postgres - before.postgres - idle) / count };
    return { perSecond: count / (ms / 1000), p50: percentile(took, 0.5), cpu };
  }
}

/** Not at once: what a start leaves to do is no idleness. The short form, which compares no CPU, does without. */
async function idleRate(meter: Meter | null, field: Field): Promise<number> {
  if (meter === null) return 0;
  await pause(IDLE_MS);
  await settled(field);
  const before: Cpu = meter.read();
  await pause(IDLE_MS);
  return (meter.read().postgres - before.postgres) / IDLE_MS;
}
