import { Injectable } from '@nestjs/common';
import { FigureSource, PENDING_AGES, type Figures } from '#escalations/watch/observation.js';
import { inTransaction } from '../connection/in-transaction.js';
import { DatabasePool } from '../connection/pool.js';

const STATEMENT_MS = 1_000;

interface Row {
  outboxWaiting: number;
  outboxOldest: number;
  escalationLag: number;
  grantLag: number;
  letters: Record<string, number>;
  pending: Record<string, number>;
  ready: number;
  active: number;
  unreviewed: number;
}

const seconds = (oldest: string): string =>
  `coalesce(greatest(0, extract(epoch from clock_timestamp() - ${oldest})), 0)::float8`;

/** Each sub-select runs over a partial index that holds only what is still open. */
const FIGURES = `select
  (select count(*) from "outbox" where "dispatched_at" is null)::int as "outboxWaiting",
  (select ${seconds('min("created_at")')} from "outbox" where "dispatched_at" is null) as "outboxOldest",
  (select ${seconds('min("deadline")')} from "escalations" where "status" = 'pending') as "escalationLag",
  (select ${seconds('min("deadline")')} from "grants" where "status" in ('ready', 'active')) as "grantLag",
  (select coalesce(json_object_agg("topic", "n"), '{}') from
    (select "topic", count(*)::int as "n" from "dead_letters" where "resolved_at" is null group by "topic") l) as "letters",
  (select coalesce(json_object_agg("age", "n"), '{}') from
    (select case ${PENDING_AGES.slice(0, -1)
      .map(([name, bound]) => `when "created_at" > clock_timestamp() - interval '${bound} seconds' then '${name}'`)
      .join(' ')} else '${PENDING_AGES[PENDING_AGES.length - 1]?.[0] ?? ''}' end as "age", count(*)::int as "n"
     from "escalations" where "status" = 'pending' group by 1) p) as "pending",
  (select count(*) from "grants" where "status" = 'ready')::int as "ready",
  (select count(*) from "grants" where "status" = 'active')::int as "active",
  (select count(*) from "break_glass_uses" where "reviewed_at" is null)::int as "unreviewed"`;

/** Reads the figures in one statement that the server itself cuts short. */
@Injectable()
export class PostgresFigures extends FigureSource {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override read(): Promise<Figures> {
    return inTransaction(this.pool, async (client) => {
      await client.query(`set transaction read only; set local statement_timeout = ${STATEMENT_MS}`);
      const { rows } = await client.query<Row>({ name: 'figures', text: FIGURES });
      return figuresOf(rows[0] as Row);
    });
  }
}

function figuresOf(row: Row): Figures {
  return {
    outbox: { waiting: row.outboxWaiting, oldestSeconds: row.outboxOldest },
    sweep: { escalationSeconds: row.escalationLag, grantSeconds: row.grantLag },
    deadLetters: row.letters,
    pending: row.pending,
    openGrants: { ready: row.ready, active: row.active },
    breakGlassUnreviewed: row.unreviewed,
  };
}
