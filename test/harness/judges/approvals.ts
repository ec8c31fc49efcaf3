import type { World } from '../world/world.js';

interface Gate {
  readonly group: string;
  readonly quorum: number;
  readonly deputy?: string;
}

interface Approval {
  readonly groups: readonly string[];
  /** Cast when deputies had been asked. */
  readonly late: boolean;
}

/** Approvals by those who may approve still: not the owner of this or of a handing agent, nor anybody in the chain, nor one whose approvals were ended. */
const APPROVALS = `select array(select m ->> 'id' from jsonb_array_elements(c."catalog" -> 'groups') m where m -> 'members' ? p."id") as "groups",
    v."at" >= e."created_at" + (e."deadline" - e."created_at") * 0.8 as "late"
  from "votes" v
    cross join lateral (select "catalog", "people" from "config_versions" where "mac" is not null order by "seq" desc limit 1) c
    join lateral jsonb_to_recordset(c."catalog" -> 'people') as p("id" text, "roles" jsonb) on p."id" = v."person_id"
  where v."escalation_id" = e."id" and v."verdict" = 'approve' and v."digest" = e."digest" and v."person_id" <> e."owner_id"
    and p."roles" ? 'approver' and c."people" -> p."id" ->> 'uid' = v."person_uid"
    and (e."policy" ->> 'stepUp' is null or v."step_up" is not null)
    and not exists (select 1 from "kill_switches" k where k."kind" = 'approver' and k."subject" = v."person_id" and v."at" <= k."not_before")
    and not exists (select 1 from "grants" ug join "escalations" ue on ue."id" = ug."escalation_id"
      where ug."id" = any(e."parents") and ue."owner_id" = v."person_id")
    and not exists (select 1 from jsonb_array_elements(coalesce(e."request"::jsonb -> 'chain', '[]')) link
      where link ->> 'sub' in (v."person_id", 'user:' || v."person_id"))`;

/** Live tokens whose request was not approved, or whose seats its approvers cannot all fill, one person a seat. */
export async function unapprovedTokens(world: World): Promise<string[]> {
  const { rows } = await world.database.pool.query<{
    jti: string;
    status: string;
    outcome: string;
    gates: readonly Gate[];
    approvals: readonly Approval[];
  }>(
    `select t."jti", e."status", e."policy" ->> 'outcome' as "outcome", e."policy" -> 'gates' as "gates",
       (select coalesce(json_agg(a), '[]') from (${APPROVALS}) a) as "approvals"
     from "tokens" t join "grants" g on g."id" = t."grant_id" join "escalations" e on e."id" = g."escalation_id"
     where t."ended_at" is null and t."expires_at" > clock_timestamp() and g."status" = 'active'`,
  );
  return rows
    .filter(({ status, outcome, gates, approvals }) => {
      if (status !== 'approved') return true;
      return outcome !== 'allow' && (outcome !== 'require_approval' || !canBeSeated(gates, approvals));
    })
    .map(({ jti }) => jti);
}

/** Whether distinct people can fill every seat: tries them one after the other, so that it shares nothing with the product's way. */
export function canBeSeated(gates: readonly Gate[], approvals: readonly Approval[]): boolean {
  const open = gates.filter((gate) => gate.quorum > 0);
  if (open.length === 0) return gates.length > 0;
  const [approval, ...rest] = approvals;
  if (approval === undefined) return false;
  const fits = ({ group, deputy }: Gate): boolean =>
    approval.groups.includes(group) || (approval.late && deputy !== undefined && approval.groups.includes(deputy));
  const seats = open.filter(fits);
  return (
    seats.some((seat) =>
      canBeSeated(
        open.map((gate) => (gate === seat ? { ...gate, quorum: gate.quorum - 1 } : gate)),
        rest,
      ),
    ) || canBeSeated(open, rest)
  );
}
