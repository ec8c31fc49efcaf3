import { Injectable } from '@nestjs/common';
import { OverdueSource } from '#escalations/end/close-overdue.js';
import { DatabasePool, patient } from '../connection/pool.js';
import { maybeSuspended } from '../sql/ends.js';
import { KILLED_ESCALATIONS, KILLED_GRANTS } from '../sql/kills.js';
import { makeMonths } from './months.js';
import { FORGOTTEN_AT_ONCE, SPENT } from './retention.js';
import { RESTORED_ESCALATIONS, RESTORED_GRANTS } from '../sql/restores.js';
import { ORPHANED_ESCALATIONS, ORPHANED_GRANTS, heartbeatDeadline } from '../sql/state-now.js';

/** Finds overdue rows by the partial indexes over `(deadline)`, and forgets what is spent. */
@Injectable()
export class PostgresOverdueSource extends OverdueSource {
  private readonly pool: Pick<DatabasePool, 'query'>;

  constructor(pool: DatabasePool) {
    super();
    this.pool = patient(pool);
  }

  override async overdue(limit: number): Promise<{ escalations: string[]; grants: string[] }> {
    const [escalations, grants, ofCompromisedKeys, silent, killed, killedAsks, restored, restoredAsks, orphans, asks] =
      await Promise.all([
        this.ids('escalations', `"status" = 'pending'`, limit),
        this.ids('grants', `"status" in ('ready', 'active')`, limit),
        this.ofCompromisedKeys(limit),
        this.silent(limit),
        this.ended('killed-grants', KILLED_GRANTS, limit),
        this.ended('killed-escalations', KILLED_ESCALATIONS, limit),
        this.ended('restored-grants', RESTORED_GRANTS, limit),
        this.ended('restored-escalations', RESTORED_ESCALATIONS, limit),
        this.ended('orphaned-grants', ORPHANED_GRANTS, limit),
        this.ended('orphaned-escalations', ORPHANED_ESCALATIONS, limit),
      ]);
    return {
      escalations: [...new Set([...escalations, ...killedAsks, ...restoredAsks, ...asks])],
      grants: [...new Set([...grants, ...ofCompromisedKeys, ...silent, ...killed, ...restored, ...orphans])],
    };
  }

  /** What a kill switch, the review of a restore or the end of a grant above has ended. */
  private async ended(name: string, text: string, limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: `overdue-${name}`,
      text: `${text} limit $1`,
      values: [limit],
    });
    return rows.map((row) => row.id);
  }

  /** Grants whose agent has not been heard of for too long. */
  private async silent(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'overdue-silent',
      text: `select g."id" from "grants" g where g."status" = 'active' and g."heartbeat_seconds" is not null
             and ${heartbeatDeadline('g')} <= clock_timestamp() limit $1`,
      values: [limit],
    });
    return rows.map((row) => row.id);
  }

  /** Grants whose token was signed by a key that counts no more. */
  private async ofCompromisedKeys(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'overdue-keys',
      text: `select t."grant_id" as "id" from "signing_keys" k join "tokens" t on t."kid" = k."kid" and t."ended_at" is null
             where k."compromised_at" is not null limit $1`,
      values: [limit],
    });
    return rows.map((row) => row.id);
  }

  private async ids(table: 'escalations' | 'grants', open: string, limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: `overdue-${table}`,
      text: `(select "id" from "${table}" where ${open} and "deadline" <= clock_timestamp() order by "deadline" limit $1)
             union
             (select x."id" from "${table}" x where x.${open} and ${maybeSuspended('x')} limit $1)`,
      values: [limit],
    });
    return rows.map((row) => row.id);
  }

  override async forgetSpent(): Promise<void> {
    await makeMonths(this.pool);
    for (const { table, spent } of SPENT) {
      let gone: number | null;
      do {
        const doomed = `select ctid from "${table}" t where ${spent} limit ${FORGOTTEN_AT_ONCE}`;
        gone = (await this.pool.query(`delete from "${table}" where ctid = any(array(${doomed}))`)).rowCount;
      } while (gone === FORGOTTEN_AT_ONCE);
    }
  }
}
