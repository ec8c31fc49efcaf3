import { invariant } from '#domain/refusal.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { NewUse, StoredUse, UseRows } from '#escalations/use/use-rows.js';
import type { Queryable } from '../connection/queryable.js';
import { at, ms } from '../sql/columns.js';
import { nothingBefore } from '../sql/events.js';

const COLUMNS = `u."id"::text as "id", u."jti", u."grant_id" as "grantId", u."verifier", u."call_id" as "callId", u."call_hash" as "callHash",
  u."action", u."identifier", u."answer", u."mac"`;

/** Uses of tokens over a transaction's connection. */
export class PostgresUses implements UseRows {
  constructor(private readonly db: Queryable) {}

  async ofCall(jti: string, verifier: string, callId: string): Promise<StoredUse[]> {
    const { rows } = await this.db.query<StoredUse>({
      name: 'uses-of-call',
      text: `select ${COLUMNS} from "token_uses" u where u."jti" = $1 and u."verifier" = $2 and u."call_id" = $3 and u."at" >= ${at(4)} order by u."id"`,
      values: [jti, verifier, callId, nothingBefore(jti)],
    });
    return rows;
  }

  async insert(use: NewUse): Promise<void> {
    await this.db.query({
      name: 'use-insert',
      text: `insert into "token_uses" ("jti", "grant_id", "verifier", "call_id", "call_hash", "action", "identifier", "answer", "mac")
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        use.jti,
        use.grantId,
        use.verifier,
        use.callId,
        use.callHash,
        use.action,
        use.identifier,
        JSON.stringify(use.answer),
        use.mac,
      ],
    });
  }

  async count(counted: readonly Pick<GrantRow, 'id' | 'version'>[]): Promise<void> {
    const { rowCount } = await this.db.query({
      name: 'grants-used',
      text: `update "grants" g set "last_change" = 'used', "uses" = g."uses" + 1
             from unnest($1::text[], $2::int[]) as u("id", "version") where g."id" = u."id" and g."version" = u."version"`,
      values: [counted.map(({ id }) => id), counted.map(({ version }) => version)],
    });
    invariant(rowCount === counted.length, 'a grant moved under its lock');
  }
}

/** Uses of a grant, oldest first, as the history shows them. */
export async function usesOf(db: Queryable, grantId: string): Promise<(StoredUse & { readonly at: number })[]> {
  const { rows } = await db.query<StoredUse & { readonly at: number }>({
    name: 'uses-of-grant',
    text: `select ${COLUMNS}, ${ms('u."at"')} as "at" from "token_uses" u where u."grant_id" = $1 and u."at" >= ${at(2)} order by u."id"`,
    values: [grantId, nothingBefore(grantId)],
  });
  return rows;
}
