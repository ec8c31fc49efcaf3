import type { Catalog } from '#domain/catalog.js';
import { invariant } from '#domain/refusal.js';
import type { Endings, EscalationEnding, GrantEnding } from '#escalations/end/end-rows.js';
import type { EscalationRow } from '#escalations/rows/escalation.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { Queryable } from '../connection/queryable.js';
import { NOW } from '../sql/columns.js';
import { ESCALATION_COLUMNS, ESCALATION_FROM } from '../sql/escalations.js';
import { GRANT_COLUMNS, GRANT_FROM } from '../sql/grants.js';
import { withAncestors } from '../sql/state-now.js';

/**
 * Grants under those that ended that end in the same transaction. The sweeper writes the ends of all others: a parent that
 * thousands are under must end within the time a statement has, and is over for them from its commit on anyway.
 */
const UNDER_AT_ONCE = 250;

/** Ends of many rows over a transaction's connection. Every change is checked by the same triggers as that of a single row. */
export class PostgresEndings implements Endings {
  constructor(private readonly db: Queryable) {}

  async lockFreeEscalations(ids: readonly string[]): Promise<{ escalations: EscalationRow[]; now: number }> {
    return this.escalations(await this.lockFree('escalations', ids));
  }

  async lockOpenOutside({
    resources,
  }: Pick<Catalog, 'resources'>): Promise<{ escalations: EscalationRow[]; now: number }> {
    const { rows } = await this.db.query<{ id: string }>({
      name: 'escalations-open-outside',
      text: `select e."id" from "escalations" e where e."status" = 'pending' and exists (
               select 1 from jsonb_array_elements(e."request" -> 'authorization_details') d
               cross join jsonb_array_elements_text(d -> 'actions') a("name")
               where not exists (select 1 from json_to_recordset($1::json) as c("resource" text, "action" text)
                                 where c."resource" = e."resource" and c."action" = a."name"))
             order by e."id" for update`,
      values: [
        JSON.stringify(
          resources.flatMap(({ id, actions }) => actions.map(({ name }) => ({ resource: id, action: name }))),
        ),
      ],
    });
    return this.escalations(rows.map((row) => row.id));
  }

  async lockFreeGrants(ids: readonly string[]): Promise<{ grants: GrantRow[]; now: number }> {
    return this.grants(await this.lockFree('grants', ids));
  }

  async lockFreeUnder(ids: readonly string[]): Promise<GrantRow[]> {
    const { rows } = await this.db.query<{ id: string }>({
      name: 'grants-under-lock-free',
      text: `select "id" from "grants" where "parents" && array(select unnest($1::text[])) and "parents" is not null and "status" in ('ready', 'active')
             order by "id" limit ${UNDER_AT_ONCE} for update skip locked`,
      values: [ids],
    });
    return rows.length === 0 ? [] : (await this.grants(rows.map((row) => row.id))).grants;
  }

  async endEscalations(endings: readonly EscalationEnding[]): Promise<void> {
    const { rowCount } = await this.db.query({
      name: 'escalations-end',
      text: `update "escalations" e set "status" = g."change", "last_change" = g."change", "decided_at" = to_timestamp(g."at" / 1000)
             from json_to_recordset($1::json) as g("id" text, "version" int, "change" text, "at" float8)
             where e."id" = g."id" and e."version" = g."version"`,
      values: [
        JSON.stringify(
          endings.map(({ escalation, update }) => ({
            id: escalation.id,
            version: escalation.version,
            change: update.change,
            at: update.now,
          })),
        ),
      ],
    });
    invariant(rowCount === endings.length, 'an escalation moved under its lock');
  }

  async endGrants(endings: readonly GrantEnding[]): Promise<void> {
    const { rowCount } = await this.db.query({
      name: 'grants-end',
      text: `with given as materialized (
               select * from json_to_recordset($1::json) as r("id" text, "version" int, "change" text, "reason" text, "at" float8, "now" float8, "outcome" text)),
             tokens as (
               update "tokens" t set "ended_at" = to_timestamp(r."now" / 1000) from given r where t."grant_id" = r."id" and t."ended_at" is null)
             update "grants" g set "status" = r."change", "last_change" = r."change", "ended_at" = to_timestamp(r."at" / 1000),
               "end_reason" = r."reason", "outcome" = r."outcome"
             from given r where g."id" = r."id" and g."version" = r."version"`,
      values: [
        JSON.stringify(
          endings.map(({ grant, ending }) => ({
            id: grant.id,
            version: grant.version,
            change: ending.change,
            reason: ending.reason,
            at: ending.endedAt ?? ending.now,
            now: ending.now,
            outcome: ending.outcome ?? null,
          })),
        ),
      ],
    });
    invariant(rowCount === endings.length, 'a grant moved under its lock');
  }

  private async escalations(held: readonly string[]): Promise<{ escalations: EscalationRow[]; now: number }> {
    const { rows } = await this.db.query<EscalationRow & { now: number }>({
      name: 'escalations-by-ids',
      text: `select ${ESCALATION_COLUMNS}, ${NOW} ${ESCALATION_FROM} where e."id" = any($1::text[]) order by e."deadline", e."id"`,
      values: [held],
    });
    return { escalations: await withAncestors(this.db, rows), now: clockOf(rows) };
  }

  /** In the order of ids; a row that another transaction holds is left out, so that nobody waits and nothing deadlocks. */
  private async lockFree(table: 'escalations' | 'grants', ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.db.query<{ id: string }>({
      name: `${table}-lock-free`,
      text: `select "id" from "${table}" where "id" = any($1::text[]) order by "id" for update skip locked`,
      values: [ids],
    });
    return rows.map((row) => row.id);
  }

  private async grants(held: readonly string[]): Promise<{ grants: GrantRow[]; now: number }> {
    const { rows } = await this.db.query<GrantRow & { now: number }>({
      name: 'grants-by-ids',
      text: `select ${GRANT_COLUMNS}, ${NOW} ${GRANT_FROM} where g."id" = any($1::text[]) order by g."deadline", g."id"`,
      values: [held],
    });
    return { grants: await withAncestors(this.db, rows), now: clockOf(rows) };
  }
}

/** The clock as the last of the rows was read with it, after the locks; of no rows there is nothing to judge. */
function clockOf(rows: readonly { now: number }[]): number {
  return rows.reduce((latest, { now }) => Math.max(latest, now), 0);
}
