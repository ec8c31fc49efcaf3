import { ms } from './columns.js';

/** Over `EVENT_FROM`: what an event says, and its seal for `Journal.facts` to judge. */
export const EVENT_COLUMNS = `e."seq"::text as "seq", e."id", ${ms('e."at"')} as "at", e."type",
  json_build_object('kind', e."actor_kind", 'id', e."actor_id") as "actor", e."escalation_id" as "escalation", e."grant_id" as "grant",
  e."agent_id" as "agent", e."data", e."mac"`;

export const EVENT_FROM = `from "events" e`;
