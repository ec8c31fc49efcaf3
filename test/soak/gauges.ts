import { readdirSync, readlinkSync } from 'node:fs';
import type { Fleet, Member } from '../harness/brokers/fleet.js';

/** What one process held at one time, after it had collected its garbage. */
interface Sample {
  readonly member: string;
  readonly rss: number;
  readonly heap: number;
  readonly files: number;
  readonly sockets: number;
}

const MIB = 1024 * 1024;
/** Between the second quarter of the run and the last nothing may grow by more than both. */
const SHARE_MAX = 0.15;
const GROWTH_MAX: Readonly<Record<Measure, number>> = { rss: 40 * MIB, heap: 40 * MIB, files: 12, sockets: 12 };
type Measure = 'rss' | 'heap' | 'files' | 'sockets';
const NAMES: Readonly<Record<Measure, string>> = {
  rss: 'resident memory, MiB',
  heap: 'heap after collection, MiB',
  files: 'open files',
  sockets: 'of them sockets',
};

/** Looks at the processes of a fleet again and again. */
export class Gauges {
  private readonly samples: Sample[][] = [];
  private readonly connections: number[] = [];
  private readonly ticking: NodeJS.Timeout;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly fleet: Fleet,
    everySeconds: number,
  ) {
    this.ticking = setInterval(() => {
      this.reading = this.read().catch(() => undefined);
    }, everySeconds * 1_000);
  }

  async stop(): Promise<void> {
    clearInterval(this.ticking);
    await this.reading;
  }

  /** The medians of the second quarter and the last, a line each; and what grew beyond the tolerance, in words. */
  report(): { readonly lines: readonly string[]; readonly grown: readonly string[] } {
    const lines: string[] = [];
    const grown: string[] = [];
    const judge = (name: string, of: readonly number[], most: number, unit: number): void => {
      const [second, last] = [medianOf(quarter(of, 1)), medianOf(quarter(of, 3))];
      const shown = (value: number): string => (value / unit).toFixed(unit === 1 ? 0 : 1);
      lines.push(`${name}: ${shown(second)}, then ${shown(last)}`);
      if (last - second > most || (unit !== 1 && last > second * (1 + SHARE_MAX)))
        grown.push(`${name} grew from ${shown(second)} to ${shown(last)}`);
    };
    for (const { name } of this.fleet.members) {
      const own = this.samples.flat().filter((sample) => sample.member === name);
      for (const measure of ['rss', 'heap', 'files', 'sockets'] as const) {
        const unit = measure === 'rss' || measure === 'heap' ? MIB : 1;
        const of = own.map((sample) => sample[measure]);
        judge(`${name}, ${NAMES[measure]}`, of, GROWTH_MAX[measure], unit);
      }
    }
    judge('connections to PostgreSQL', this.connections, GROWTH_MAX.sockets, 1);
    return { lines, grown };
  }

  private async read(): Promise<void> {
    const seen = await Promise.all(this.fleet.members.map(sampleOf));
    this.samples.push(seen);
    this.connections.push(await connectionsOf(this.fleet));
  }
}

/** Connections that the processes of the fleet have to PostgreSQL. */
export async function connectionsOf({ site }: Fleet): Promise<number> {
  const { rows } = await site.world.database.pool.query<{ count: number }>(
    `select count(*)::int as "count" from pg_stat_activity
     where datname = current_database() and application_name like 'writ%'`,
  );
  return rows[0]?.count ?? 0;
}

/** Files that each process has open. */
export function filesOf(fleet: Fleet): number[] {
  return fleet.members.map(({ process }) => readdirSync(`/proc/${process.pid}/fd`).length);
}

async function sampleOf({ name, process }: Member): Promise<Sample> {
  const { rss, heapUsed } = await process.memory();
  const folder = `/proc/${process.pid}/fd`;
  const files = readdirSync(folder);
  const sockets = files.filter((file) => {
    try {
      return readlinkSync(`${folder}/${file}`).startsWith('socket:');
    } catch {
      return false;
    }
  });
  return { member: name, rss, heap: heapUsed, files: files.length, sockets: sockets.length };
}

function quarter(of: readonly number[], index: number): readonly number[] {
  const size = of.length / 4;
  return of.slice(Math.floor(index * size), Math.max(Math.floor((index + 1) * size), Math.floor(index * size) + 1));
}

function medianOf(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? NaN;
}
