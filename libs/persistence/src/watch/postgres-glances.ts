import { Injectable } from '@nestjs/common';
import { Glances, type Ended, type Glance } from '#escalations/glances.js';
import { DatabasePool } from '../connection/pool.js';
import { ms } from '../sql/columns.js';
import { CONFIGURATION_HEAD, SealedConfigurations } from '../sql/sealed-configurations.js';

/** More ends between two glances are told as `any`. */
const ENDS_MAX = 1_000;
/** What is remembered is forgotten sooner: after such a pause there is nothing to catch up with. */
const PAUSE_MAX_MS = 10_000;

interface Read {
  readonly snapshot: string;
  readonly server: string;
  readonly now: number;
  readonly ahead: boolean;
  readonly configuration: string | null;
  readonly ended: readonly (readonly [kind: string, subject: string])[] | null;
}

/** A statement under way. */
interface Flight {
  readonly sentAt: number;
  readonly landed: Promise<Glance>;
}

/**
 * Glances over the pool, one statement at a time. What ended is read by snapshot from the rows that verifiers are told:
 * what the last one did not hold and this one does was committed between them, exactly, however late a notification
 * comes and whether or not it does. Waiters of one round of the event loop share a statement.
 */
@Injectable()
export class PostgresGlances extends Glances {
  private readonly watchers = new Set<(ended: Ended) => void>();
  private latest: Glance | null = null;
  private before: Pick<Read, 'snapshot' | 'server'> | null = null;
  private flight: Flight | null = null;
  private next: Promise<Glance> | null = null;

  constructor(
    private readonly pool: DatabasePool,
    private readonly configurations: SealedConfigurations,
  ) {
    super();
  }

  override known(askedAt: number): Glance | null {
    return this.latest !== null && this.latest.sentAt >= askedAt ? this.latest : null;
  }

  override since(askedAt: number): Promise<Glance> {
    const known = this.known(askedAt);
    if (known !== null) return Promise.resolve(known);
    if (this.flight !== null && this.flight.sentAt >= askedAt) return this.flight.landed;
    this.next ??= this.send();
    return this.next;
  }

  override watch(heard: (ended: Ended) => void): void {
    this.watchers.add(heard);
  }

  /** Sends when the one under way has landed and everybody of this round of the loop has come. */
  private async send(): Promise<Glance> {
    if (this.flight === null) await new Promise((resolve) => setImmediate(resolve));
    else await this.flight.landed.catch(() => undefined);
    const sentAt = performance.now();
    this.next = null;
    const landed = this.look(sentAt).finally(() => (this.flight = null));
    this.flight = { sentAt, landed };
    return landed;
  }

  private async look(sentAt: number): Promise<Glance> {
    if (sentAt - (this.latest?.sentAt ?? -Infinity) > PAUSE_MAX_MS) this.before = null;
    try {
      const read = await this.read();
      const ended = this.endedBy(read);
      this.before = read;
      const { now, configuration } = read;
      this.latest = { sentAt, now, configuration };
      if (ended === 'any' || ended.length > 0) this.tell(ended);
      return this.latest;
    } catch (error) {
      this.before = null;
      this.latest = null;
      this.tell('any');
      throw error;
    }
  }

  /**
   * Six buffers with nothing to tell, also beside a transaction that has been writing for an hour: only rows of those that
   * the last snapshot saw under way, or did not know, are looked up. By the feed's own condition (from its xmin on, what is
   * not visible) the same hour with 180,000 ends reads 181,000 buffers, 0.2 s each time.
   */
  private async read(): Promise<Read> {
    const { rows } = await this.pool.query<Read>({
      name: 'glance',
      text: `with here as materialized (select pg_current_snapshot() as "snap")
             select here."snap"::text as "snapshot", pg_postmaster_start_time()::text as "server", ${ms('clock_timestamp()')} as "now",
               coalesce(pg_snapshot_xmax($1::pg_snapshot) > pg_snapshot_xmax(here."snap"), false) as "ahead",
               ${CONFIGURATION_HEAD('$2')} as "configuration",
               (select json_agg(json_build_array(f."kind", f."subject")) from (
                 (select r."kind", r."subject" from "revocations" r where r."txid" >= pg_snapshot_xmax($1::pg_snapshot)
                  order by r."txid", r."seq" limit ${ENDS_MAX + 1})
                 union all
                 (select r."kind", r."subject" from "revocations" r where r."txid" = any(array(select pg_snapshot_xip($1::pg_snapshot)))
                  order by r."txid", r."seq" limit ${ENDS_MAX + 1})) f) as "ended"
             from here`,
      values: [this.before?.snapshot ?? null, this.configurations.passedOver],
    });
    const [read] = rows;
    if (read === undefined) throw new Error('a glance is one row');
    return read;
  }

  /** A database that was put back, or that is another server by now, says nothing about what was remembered before. */
  private endedBy({ server, ahead, ended }: Read): Ended {
    const gap = this.before === null || this.before.server !== server || ahead;
    const ends = ended ?? [];
    if (gap || ends.length > ENDS_MAX || ends.some(([kind]) => kind !== 'grant')) return 'any';
    return ends.map(([, subject]) => subject);
  }

  private tell(ended: Ended): void {
    for (const heard of this.watchers) heard(ended);
  }
}
