import { ms } from './columns.js';
import { EPOCHS } from './ends.js';
import { stateColumns } from './state-now.js';

/** What decides whether tokens of a grant may be used, for `withAncestors` to judge. */
export const IN_USE_COLUMNS = `${stateColumns('g', 'a')}, g."max_uses" as "maxUses", g."uses", ${ms('g."created_at"')} as "createdAt",
  ${EPOCHS}, g."parents"`;
export const GRANT_COLUMNS = `${IN_USE_COLUMNS}, g."agent_uid" as "agentUid", g."resource",
  g."actions", g."version", g."digest", g."granted", g."grant_digest" as "grantDigest", g."mac", g."outcome"`;
export const GRANT_FROM = `from "grants" g join "agents" a on a."uid" = g."agent_uid"`;

/**
 * True for every grant `g`. Said beside an agent and a time, it leads through the index that has the status between the
 * two: without it PostgreSQL before 18 reads all grants of the agent.
 */
export const IN_ANY_STATUS = `g."status" in ('ready', 'active', 'completed', 'expired', 'revoked')`;
