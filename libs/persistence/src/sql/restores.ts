/** When a restore cancelled a request that waited: its decision may have been lost. @param e alias of the escalation */
export function askRestoredAt(e: string): string {
  return `(select min(r."declared_at") from "restore_epochs" r where ${e}."created_at" <= r."declared_at")`;
}

/**
 * When the review of a restore ended a grant that was asked for before it, also where it was approved while the declaration
 * waited for a lock. @param g alias of the grant
 */
export function grantRestoredAt(g: string): string {
  return `(select min(r."reviewed_at") from "restore_epochs" r where r."verdict" = 'end'
    and (select e."created_at" from "escalations" e where e."id" = ${g}."escalation_id") <= r."declared_at")`;
}

/** Restores that may still have something to end: nothing is granted, or waits to be, for longer. */
export const RECENTLY = `clock_timestamp() - interval '8 days'`;

/** The newest `declared_at` of such restores, and whether there is one: without that, asked once, every open row is looked at. */
function newest(where: string): { readonly at: string; readonly is: string } {
  const from = `from "restore_epochs" r where ${where} > ${RECENTLY}`;
  return { at: `(select max(r."declared_at") ${from})`, is: `exists (select 1 ${from})` };
}

const DECLARED = newest(`r."declared_at"`);
const ENDED = newest(`r."verdict" = 'end' and r."reviewed_at"`);

/** A restore was reviewed of late that may have ended open grants: asked once. */
export const GRANTS_RESTORED_LATELY = ENDED.is;

/** True when a restore has cancelled a pending request. @param e alias of the escalation */
export function askRestored(e: string): string {
  return `(${DECLARED.is} and ${e}."created_at" <= ${DECLARED.at})`;
}

/** Ids of pending requests that a restore has cancelled, for a `limit`. */
export const RESTORED_ESCALATIONS = `select e."id" from "escalations" e where e."status" = 'pending' and ${askRestored('e')}`;

/** Ids of open grants that the review of a restore has ended, for a `limit`. */
export const RESTORED_GRANTS = `select g."id" from "grants" g join "escalations" e on e."id" = g."escalation_id"
  where ${ENDED.is} and g."status" in ('ready', 'active') and e."created_at" <= ${ENDED.at}`;
