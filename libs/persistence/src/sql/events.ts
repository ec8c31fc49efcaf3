import { idTimeMs } from '#domain/ids.js';
import { ms } from './columns.js';

/** Over `EVENT_FROM`: what an event says, and its seal for `Journal.facts` to judge. */
export const EVENT_COLUMNS = `e."seq"::text as "seq", e."id", ${ms('e."at"')} as "at", e."type",
  json_build_object('kind', e."actor_kind", 'id', e."actor_id") as "actor", e."escalation_id" as "escalation", e."grant_id" as "grant",
  e."agent_id" as "agent", e."data", e."mac"`;

export const EVENT_FROM = `from "events" e`;

/** No process that asks and answers has a clock that far ahead: its assertions and tokens would be good for nobody. */
const SLACK_MS = 32 * 24 * 3_600_000;

/**
 * Epoch milliseconds before which nothing happened about the request or grant of this id: a bound on `at`, so that who
 * reads by id opens the months since then and not all of them. It must reach PostgreSQL as a parameter. With 100 months a
 * read took 0.2 ms so, 4 ms with none (a kept plan over all), 20 ms with `at >= (select "created_at" …)`, which is planned
 * over all of them first.
 */
export function nothingBefore(...ids: readonly string[]): number {
  return Math.min(...ids.map((id) => (idTimeMs(id) ?? -Infinity) - SLACK_MS));
}
