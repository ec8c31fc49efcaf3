import { ms } from './columns.js';

/** Over `e`: what an event says. */
const SAID = `e."seq"::text as "seq", e."id", ${ms('e."at"')} as "at", e."type",
  json_build_object('kind', e."actor_kind", 'id', e."actor_id") as "actor", e."escalation_id" as "escalation", e."grant_id" as "grant",
  e."agent_id" as "agent", e."data"`;

/** Over `EVENT_FROM`: an event and what its audit entry says, for `Journal.facts` to judge. */
export const EVENT_COLUMNS = `${SAID}, a."leaf", a."mac"`;

/** Events that have an audit entry: one that has none is nobody's fact. */
export const EVENT_FROM = `from "events" e join "audit_entries" a on a."event_id" = e."id"`;

/** Every event, with the entry that it may lack. */
export const EVENT_FROM_ALL = `from "events" e left join "audit_entries" a on a."event_id" = e."id"`;
