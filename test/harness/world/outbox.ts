import type { World } from './world.js';

/** Where the history and the outbox end at some moment. */
interface Written {
  readonly event: string;
  readonly job: string;
}

/** What one transaction left in the outbox. */
interface Left {
  /** The jobs that differ, sorted: `card.publish of a request`; `(later)` has its instant. */
  readonly jobs: string[];
  /** Those that it left more than once. */
  readonly twice: string[];
}

export async function lastWritten({ database }: World): Promise<Written> {
  const { rows } = await database.pool.query<Written>(
    `select (select coalesce(max("seq"), 0) from "events")::text as "event", (select coalesce(max("seq"), 0) from "outbox")::text as "job"`,
  );
  return rows[0] as Written;
}

/**
 * What a step leaves in the outbox, transaction by transaction, in their order. For worlds without a worker, which would
 * write into the rows. @param names what requests and grants are called by their ids; others are `a request`, `a grant`
 */
export async function jobsAfterStep(
  world: World,
  step: () => Promise<unknown>,
  names: Readonly<Record<string, string>>,
): Promise<Left[]> {
  const { job } = await lastWritten(world);
  await step();
  const { rows } = await world.database.pool.query<{ job: string; id: string; grant: boolean; tx: string }>(
    `select o."topic" || case when o."not_before" is null then '' else ' (later)' end as "job", o."payload" ->> 'id' as "id",
       exists (select 1 from "grants" g where g."id" = o."payload" ->> 'id') as "grant", o."xmin"::text as "tx"
     from "outbox" o where o."seq" > $1 order by o."seq"`,
    [job],
  );
  return [...new Set(rows.map(({ tx }) => tx))].map((tx) => {
    const all = rows
      .filter((row) => row.tx === tx)
      .map((row) => `${row.job} of ${names[row.id] ?? (row.grant ? 'a grant' : 'a request')}`);
    return { jobs: [...new Set(all)].sort(), twice: all.filter((one, index) => all.indexOf(one) !== index) };
  });
}

/** In how many statements the events and the jobs since then were written, if one transaction wrote them. */
export async function statementsSince(
  world: World,
  { event, job }: Written,
): Promise<{ events: number; jobs: number }> {
  const { rows } = await world.database.pool.query<{ events: number; jobs: number }>(
    `select (select count(distinct "cmin"::text)::int from "events" where "seq" > $1) as "events",
       (select count(distinct "cmin"::text)::int from "outbox" where "seq" > $2) as "jobs"`,
    [event, job],
  );
  return rows[0] as { events: number; jobs: number };
}

/** Has Slack show a request in one channel, as far as the rows say: there is a thread under it. */
export async function putCard({ database }: World, escalation: string): Promise<void> {
  await database.pool.query(
    `insert into "slack_cards" ("id", "escalation_id", "digest", "channel", "ts") select 'c' || "id", "id", "digest", 'C0001', '1.' || "id"
     from "escalations" where "id" = $1`,
    [escalation],
  );
}
