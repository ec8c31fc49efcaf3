import type { Idempotency } from '#escalations/ask/idempotency.js';
import type { StoredAnswer } from '#escalations/ask/stored-answer.js';
import type { Queryable } from '../connection/queryable.js';

/** First answers of calls, over a transaction's connection. */
export class PostgresIdempotency implements Idempotency {
  constructor(private readonly db: Queryable) {}

  async claim(caller: string, route: string, key: string): Promise<boolean> {
    const { rows } = await this.db.query<{ held: boolean }>({
      name: 'idempotency-claim',
      text: `select pg_try_advisory_xact_lock(hashtextextended($1, 7702)) as "held"`,
      values: [JSON.stringify([caller, route, key])],
    });
    return rows[0]?.held ?? false;
  }

  async find(caller: string, route: string, key: string): Promise<StoredAnswer | null> {
    const { rows } = await this.db.query<StoredAnswer>({
      name: 'idempotency-find',
      text: `select "body_hash" as "bodyHash", "status", "response", "escalation_id" as "escalationId", "mac"
             from "idempotency_keys" where "caller" = $1 and "route" = $2 and "key" = $3`,
      values: [caller, route, key],
    });
    return rows[0] ?? null;
  }

  async store(caller: string, route: string, key: string, answer: StoredAnswer): Promise<void> {
    // Of another hand: nobody was answered from it, and rows here are never changed.
    await this.db.query({
      name: 'idempotency-clear',
      text: `delete from "idempotency_keys" where "caller" = $1 and "route" = $2 and "key" = $3`,
      values: [caller, route, key],
    });
    await this.db.query({
      name: 'idempotency-store',
      text: `insert into "idempotency_keys" ("caller", "route", "key", "body_hash", "status", "response", "escalation_id", "mac")
             values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [
        caller,
        route,
        key,
        answer.bodyHash,
        answer.status,
        JSON.stringify(answer.response),
        answer.escalationId,
        answer.mac,
      ],
    });
  }
}
