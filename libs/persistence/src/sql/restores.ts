/** When a restore cancelled a request that waited: its decision may have been lost. @param e alias of the escalation */
export function askRestoredAt(e: string): string {
  return `(select min(r."declared_at") from "restore_epochs" r where ${e}."created_at" <= r."declared_at")`;
}

/** When the review of a restore ended a grant from before it. @param g alias of the grant */
export function grantRestoredAt(g: string): string {
  return `(select min(r."reviewed_at") from "restore_epochs" r where r."verdict" = 'end' and ${g}."created_at" <= r."declared_at")`;
}

/** Restores that may still have something to end: nothing is granted, or waits to be, for longer. */
const RECENT = `clock_timestamp() - interval '8 days'`;

/** Ids of pending requests that a restore has cancelled, for a `limit`. */
export const RESTORED_ESCALATIONS = `select e."id" from "escalations" e where e."status" = 'pending'
  and e."created_at" <= (select max(r."declared_at") from "restore_epochs" r where r."declared_at" > ${RECENT})`;

/** Ids of open grants that the review of a restore has ended, for a `limit`. */
export const RESTORED_GRANTS = `select g."id" from "grants" g where g."status" in ('ready', 'active')
  and g."created_at" <= (select max(r."declared_at") from "restore_epochs" r where r."verdict" = 'end' and r."reviewed_at" > ${RECENT})`;
