import { escalationOpenNow } from './state-now.js';

/** `e` waits for people, of the agent `a`. */
export const OPEN = escalationOpenNow('e', 'a');

/** `e` asks the same as `o`: the same authority for the same task in the same words, of the same people. */
export const SAME = same('e', 'o');

/** SQL that holds when the two aliases of "escalations" ask the same of the same people. The hash is what the index finds. */
function same(one: string, other: string): string {
  return `${one}."agent_uid" = ${other}."agent_uid" and ${one}."ask_hash" = ${other}."ask_hash"
    and ${one}."request" = ${other}."request"
    and ${one}."policy" -> 'gates' = ${other}."policy" -> 'gates'`;
}

/**
 * SQL that holds when an open request that is identical came before this one. `offset 0` has PostgreSQL read what is pending
 * and not every identical request that the agent has ever made.
 * @param o alias of the request @param a alias of its agent
 */
export function isDuplicate(o: string, a: string): string {
  return `exists (select 1
    from (select * from "escalations" p where p."agent_uid" = ${o}."agent_uid" and p."status" = 'pending' offset 0) f
    where ${same('f', o)} and f."ask_order" < ${o}."ask_order" and ${escalationOpenNow('f', a)})`;
}

/**
 * Every open request with its place among the identical ones, the first of which stands for all: each is read once, where
 * looking for another before each would read all of an agent's for each of them.
 * @param where a condition on `e`
 */
export function placedAsks(where: string): string {
  return `select e."id", row_number() over same as "place", first_value(e."id") over same as "head", e."ask_order"
    from "escalations" e join "agents" a on a."uid" = e."agent_uid" where ${OPEN} and ${where}
    window same as (partition by e."agent_uid", coalesce(e."ask_hash", e."id"), e."request", e."policy" -> 'gates' order by e."ask_order")`;
}
