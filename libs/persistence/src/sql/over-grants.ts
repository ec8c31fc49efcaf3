import { KILLED_GRANTS } from './kills.js';
import { RECENTLY, RESTORED_GRANTS } from './restores.js';
import { heartbeatDeadline, ORPHANED_GRANTS } from './state-now.js';

const OPEN = `g."status" in ('ready', 'active')`;

/**
 * SQL: ids of grants that are over though their column says open: what the sweeper has still to write, from the few
 * indexes that know. It may name one that still stands, as its reader judges; it leaves out none that does not.
 */
export const OVER_GRANTS = [
  // The sub-select is read once, so that the clock is a bound of the index and no filter over all that is open.
  `select g."id" from "grants" g where ${OPEN} and g."deadline" <= (select clock_timestamp())`,
  `select g."id" from "grants" g where g."status" = 'active' and g."heartbeat_seconds" is not null
    and ${heartbeatDeadline('g')} <= clock_timestamp()`,
  `select g."id" from "agent_suspensions" s join "grants" g on g."agent_uid" = s."agent_uid" and ${OPEN} and g."created_at" <= s."at"
    where s."change" = 'suspended' and s."at" > ${RECENTLY}`,
  `select g."id" from "agents" r join "grants" g on g."agent_uid" = r."uid" and ${OPEN} and g."created_at" <= r."retired_at"
    where r."retired_at" > ${RECENTLY}`,
  `select t."grant_id" from "signing_keys" k join "tokens" t on t."kid" = k."kid" and t."ended_at" is null
    where k."compromised_at" is not null`,
  `(${KILLED_GRANTS})`,
  `(${RESTORED_GRANTS})`,
  `(${ORPHANED_GRANTS})`,
].join(' union ');
