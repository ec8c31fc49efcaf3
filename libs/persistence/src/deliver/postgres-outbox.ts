import { Injectable } from '@nestjs/common';
import { OutboxStore, type DeadLetter, type OutboxRow } from '#delivery/ports.js';
import { AWAITED, rowOf, type Topic } from '#delivery/queues.js';
import { SYSTEM } from '#escalations/rows/history.js';
import { inTransaction } from '../connection/in-transaction.js';
import { Journal } from '../connection/journal.js';
import { DatabasePool } from '../connection/pool.js';
import { announceChanged } from './announce.js';
import { ms } from '../sql/columns.js';
import { letterHistory } from '../recover/dead-letters.js';
import { appendHistory } from '../sql/history.js';

const STAMP = `to_hex((extract(epoch from o."created_at") * 1000000)::bigint)`;

/** A row `o` as the relay gets it. A request that policy alone allowed never had a card and never will. */
const CLAIMED = `o."seq"::text as "seq", ${STAMP} as "stamp", o."topic", o."payload" ->> 'id' as "id", o."payload" ->> 'trace' as "trace",
  case when o."topic" = 'deadline.grant' then (select g."escalation_id" from "grants" g where g."id" = o."payload" ->> 'id') end as "ofGrant",
  ceil(greatest(0, coalesce(extract(epoch from o."not_before" - clock_timestamp()), 0)) * 1000)::float8 as "delayMs",
  coalesce(o."topic" = 'card.publish' and (
    select e."policy" ->> 'outcome' = 'allow' and not exists (select 1 from "slack_cards" c where c."escalation_id" = e."id")
    from "escalations" e where e."id" = o."payload" ->> 'id'), false) as "jobless"`;

/** The outbox table: claims by SKIP LOCKED under a lease, so that no transaction stays open while the queue is spoken to. */
@Injectable()
export class PostgresOutbox extends OutboxStore {
  constructor(
    private readonly pool: DatabasePool,
    private readonly journal: Journal,
  ) {
    super();
  }

  override async claim(topics: readonly Topic[], limit: number, leaseSeconds: number): Promise<OutboxRow[]> {
    const { rows } = await this.pool.query<OutboxRow>({
      name: 'outbox-claim',
      text: `with due as materialized (
               select "seq" from "outbox"
               where "dispatched_at" is null and "topic" = any($1)
                 and ("claimed_until" is null or "claimed_until" < clock_timestamp())
               order by "seq" limit $2 for update skip locked)
             update "outbox" o set "claimed_until" = clock_timestamp() + make_interval(secs => $3) from due where o."seq" = due."seq"
             returning ${CLAIMED}`,
      values: [topics, limit, leaseSeconds],
    });
    return rows.sort((a, b) => Number(a.seq) - Number(b.seq));
  }

  override async claimUndone(
    topics: readonly Topic[],
    limit: number,
    leaseSeconds: number,
    seconds: number,
  ): Promise<OutboxRow[]> {
    const { rows } = await this.pool.query<OutboxRow>({
      name: 'outbox-claim-undone',
      text: `with undone as materialized (
               select "seq" from "outbox"
               where "dispatched_at" < clock_timestamp() - make_interval(secs => $4) and "done_at" is null and "topic" = any($1)
                 and ("claimed_until" is null or "claimed_until" < clock_timestamp())
               order by "dispatched_at" limit $2 for update skip locked)
             update "outbox" o set "claimed_until" = clock_timestamp() + make_interval(secs => $3) from undone where o."seq" = undone."seq"
             returning ${CLAIMED}`,
      values: [topics, limit, leaseSeconds, seconds],
    });
    return rows;
  }

  override async release(seqs: readonly string[]): Promise<void> {
    await this.pool.query({
      name: 'outbox-release',
      text: `update "outbox" set "claimed_until" = null where "seq" = any($1::bigint[]) and "done_at" is null`,
      values: [seqs],
    });
  }

  override async dispatched(seqs: readonly string[], jobless: readonly string[] = []): Promise<void> {
    await this.pool.query({
      name: 'outbox-dispatched',
      text: `update "outbox" set "dispatched_at" = clock_timestamp(),
               "done_at" = coalesce("done_at", case when not "topic" = any($2) or "seq" = any($3::bigint[]) then clock_timestamp() end)
             where "seq" = any($1::bigint[])`,
      values: [seqs, AWAITED, jobless],
    });
  }

  override async done(jobId: string): Promise<void> {
    await markDone(this.pool, jobId);
  }

  override announce(escalationIds: readonly string[]): Promise<void> {
    return announceChanged(this.pool, escalationIds);
  }

  override park(letter: DeadLetter): Promise<void> {
    return inTransaction(this.pool, async (client) => {
      await markDone(client, letter.jobId);
      const { rows } = await client.query<{ id: string; now: number }>({
        name: 'dead-letter-park',
        text: `insert into "dead_letters" ("topic", "job_id", "payload", "error") values ($1, $2, $3, $4)
               on conflict ("job_id") where "resolved_at" is null do nothing
               returning "id"::text as "id", ${ms('"at"')} as "now"`,
        values: [letter.topic, letter.jobId, JSON.stringify(letter.payload), letter.error],
      });
      const [parked] = rows;
      if (parked === undefined) return;
      const { topic, jobId, payload } = letter;
      const told = letterHistory('job.dead_lettered', SYSTEM, { id: parked.id, topic, jobId, subject: payload.id });
      await appendHistory(client, [told], parked.now, this.journal);
    });
  }
}

async function markDone(client: Pick<DatabasePool, 'query'>, jobId: string): Promise<void> {
  const row = rowOf(jobId);
  if (row === null) return;
  await client.query({
    name: 'outbox-done',
    text: `update "outbox" o set "done_at" = clock_timestamp()
           where o."seq" = $1::bigint and o."done_at" is null and ($2::text is null or ${STAMP} = $2)`,
    values: [row.seq, row.stamp],
  });
}
