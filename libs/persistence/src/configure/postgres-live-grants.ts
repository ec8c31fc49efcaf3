import { Injectable } from '@nestjs/common';
import { LiveGrants } from '#escalations/configure/reevaluate-grants.js';
import { DatabasePool } from '../connection/pool.js';

/** Pages through living grants by their ids. */
@Injectable()
export class PostgresLiveGrants extends LiveGrants {
  constructor(private readonly pool: DatabasePool) {
    super();
  }

  override async page(after: string | null, limit: number): Promise<{ id: string; escalationId: string }[]> {
    const { rows } = await this.pool.query<{ id: string; escalationId: string }>({
      name: 'live-grants',
      text: `select "id", "escalation_id" as "escalationId" from "grants"
             where "status" in ('ready', 'active') and "id" > $1 order by "id" limit $2`,
      values: [after ?? '', limit],
    });
    return rows;
  }
}
