import { Injectable } from '@nestjs/common';
import { TraceDirectory, type TraceContext } from '#escalations/watch/observation.js';
import type { Queryable } from '../connection/queryable.js';
import { DatabasePool } from '../connection/pool.js';

const KEPT_MAX = 5_000;

/** Writes, in the transaction that asks, where in a trace that was. */
export async function insertTrace(db: Queryable, escalationId: string, trace: TraceContext): Promise<void> {
  await db.query({
    name: 'trace-insert',
    text: `insert into "escalation_traces" ("escalation_id", "trace_id", "span_id") values ($1, $2, $3)`,
    values: [escalationId, trace.traceId, trace.spanId],
  });
}

/** Traces never change, so each is read once and kept while there is room. */
@Injectable()
export class PostgresTraces extends TraceDirectory {
  private readonly kept = new Map<string, TraceContext | null>();

  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async traceOf(escalationId: string): Promise<TraceContext | null> {
    const known = this.kept.get(escalationId);
    if (known !== undefined) return known;
    const { rows } = await this.pool.query<TraceContext>({
      name: 'trace-of',
      text: `select "trace_id" as "traceId", "span_id" as "spanId" from "escalation_traces" where "escalation_id" = $1`,
      values: [escalationId],
    });
    if (this.kept.size >= KEPT_MAX) this.kept.clear();
    this.kept.set(escalationId, rows[0] ?? null);
    return rows[0] ?? null;
  }
}
