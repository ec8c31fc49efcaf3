import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import type { Cpu } from '../figure.js';

/** The kernel tells times to programs in hundredths of a second, whatever it counts in itself. */
const TICK_MS = 10;

/** Fields of /proc/<pid>/stat, counted from the one behind the name, which may hold anything. */
const PARENT = 1;
const USER = 11;
const SYSTEM = 12;
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;

/** Processor time of the processes of one side and of the whole PostgreSQL server that it stands on. */
export class Meter {
  private constructor(
    private readonly nodes: readonly number[],
    private readonly postmaster: number,
  ) {}

  /** @returns null where the system has no /proc, or the server is on another machine or in another container */
  static async over(pool: pg.Pool, nodes: readonly number[]): Promise<Meter | null> {
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as "pid"');
    const backend = statOf(rows[0]?.pid ?? 0);
    if (backend?.name !== 'postgres') return null;
    return new Meter(nodes, Number(backend.fields[PARENT]));
  }

  /** Milliseconds so far of the node processes and of the postmaster with all that it ever started. */
  read(): Cpu {
    return { node: sum(this.nodes.map((pid) => ownMs(statOf(pid)))), postgres: this.server() };
  }

  private server(): number {
    const postmaster = statOf(this.postmaster);
    const ended = Number(postmaster?.fields[CHILDREN_USER] ?? 0) + Number(postmaster?.fields[CHILDREN_SYSTEM] ?? 0);
    const children = readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map((entry) => statOf(Number(entry)))
      .filter((stat) => Number(stat?.fields[PARENT]) === this.postmaster);
    return ownMs(postmaster) + ended * TICK_MS + sum(children.map(ownMs));
  }
}

/** Resident MiB of a process; null where the system has no /proc. */
export function residentMiB(pid: number): number | null {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? null : Number(kib) / 1024;
  } catch {
    return null;
  }
}

interface Stat {
  readonly name: string;
  readonly fields: readonly string[];
}

function statOf(pid: number): Stat | null {
  try {
    const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { name, fields: rest.split(' ') };
  } catch {
    return null;
  }
}

function ownMs(stat: Stat | null): number {
  return (Number(stat?.fields[USER] ?? 0) + Number(stat?.fields[SYSTEM] ?? 0)) * TICK_MS;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
