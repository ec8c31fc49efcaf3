import { ms } from './columns.js';
import { breakGlassReviews, escalationEnds } from './ends.js';
import { askRestoredAt } from './restores.js';

/** For `withAncestors` to judge. */
export const ESCALATION_COLUMNS = `e."id", e."agent_uid" as "agentUid", e."agent_id" as "agentId", e."owner_id" as "ownerId", e."resource", e."status", e."version",
  e."digest", e."request", e."risk", e."policy_version" as "policyVersion", e."policy", e."policy_mac" as "policyMac",
  ${ms('e."created_at"')} as "createdAt", ${ms('e."deadline"')} as "deadline", ${ms('e."decided_at"')} as "decidedAt",
  e."denial", e."granted", e."grant_digest" as "grantDigest",
  (select json_build_object('skipped', b."skipped", 'usedAt', ${ms('b."used_at"')}, 'reviews', ${breakGlassReviews('b')})
   from "break_glass_uses" b where b."escalation_id" = e."id") as "breakGlass",
  ${escalationEnds('e', 'a')},
  ${ms(askRestoredAt('e'))} as "restoredAt",
  exists (select 1 from "escalation_marks" m where m."escalation_id" = e."id" and m."mark" = 'nudge') as "nudged",
  array(select m."mark" from "escalation_marks" m where m."escalation_id" = e."id" and m."mark" <> 'nudge') as "reminded", e."parents",
  case when e."status" = 'cancelled' then event_of(e."id", 'escalation.cancelled', e."created_at" - interval '1 day') end as "cancelled"`;
export const ESCALATION_FROM = `from "escalations" e join "agents" a on a."uid" = e."agent_uid"`;
