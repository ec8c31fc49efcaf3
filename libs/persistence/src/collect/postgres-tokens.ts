import type { NewToken, TokenReads, Tokens } from '#escalations/collect/tokens.js';
import type { Observer } from '#escalations/watch/observation.js';
import type { GrantRow } from '#escalations/rows/grant.js';
import type { TokenRow } from '#escalations/rows/token.js';
import type { Queryable } from '../connection/queryable.js';
import { at, ms, NOW } from '../sql/columns.js';
import { GRANT_COLUMNS } from '../sql/grants.js';
import { CONFIGURATION_HEAD, type SealedConfigurations } from '../sql/sealed-configurations.js';
import { withAncestors } from '../sql/state-now.js';

const TOKEN_COLUMNS = `t."jti", t."grant_id" as "grantId", t."kid", t."claims", ${ms('t."minted_at"')} as "mintedAt",
  ${ms('t."expires_at"')} as "expiresAt", ${ms('t."ended_at"')} as "endedAt", t."redeem_key" as "redeemKey", t."renewed_from" as "renewedFrom", t."canonical"`;

/** Tokens over a transaction's connection. */
export class PostgresTokens implements Tokens {
  constructor(private readonly db: Queryable) {}

  async insert(row: NewToken): Promise<void> {
    await this.db.query({
      name: 'token-insert',
      text: `insert into "tokens" ("jti", "grant_id", "kid", "claims", "minted_at", "expires_at", "redeem_key", "renewed_from", "canonical")
             values ($1, $2, $3, $4, ${at(5)}, ${at(6)}, $7, $8, true)`,
      values: [
        row.jti,
        row.grantId,
        row.kid,
        JSON.stringify(row.claims),
        row.mintedAt,
        row.expiresAt,
        row.redeemKey,
        row.renewedFrom,
      ],
    });
  }

  async endOf(grantId: string, now: number): Promise<void> {
    await this.db.query({
      name: 'token-end',
      text: `update "tokens" set "ended_at" = ${at(2)} where "grant_id" = $1 and "ended_at" is null`,
      values: [grantId, now],
    });
  }

  async byJti(jti: string): Promise<TokenRow | null> {
    const { rows } = await this.db.query<TokenRow>({
      name: 'token-by-jti',
      text: `select ${TOKEN_COLUMNS} from "tokens" t where t."jti" = $1`,
      values: [jti],
    });
    return rows[0] ?? null;
  }

  async liveOf(grantId: string): Promise<TokenRow | null> {
    const { rows } = await this.db.query<TokenRow>({
      name: 'token-live',
      text: `select ${TOKEN_COLUMNS} from "tokens" t where t."grant_id" = $1 and t."ended_at" is null`,
      values: [grantId],
    });
    return rows[0] ?? null;
  }
}

type Both = GrantRow & { readonly now: number; readonly configuration: string | null } & Omit<
    TokenRow,
    'grantId' | 'expiresAt' | 'endedAt'
  > & { readonly tokenExpiresAt: number; readonly tokenEndedAt: number | null };

/** Tokens with their grants, outside a transaction: one statement, and one more for the grants above. */
export class PostgresTokenReads implements TokenReads {
  /** @param witness is told of every token that is read */
  constructor(
    private readonly db: Queryable,
    private readonly configurations: SealedConfigurations,
    private readonly witness: Observer,
  ) {}

  async withGrant(jti: string): ReturnType<TokenReads['withGrant']> {
    const { rows } = await this.db.query<Both>({
      name: 'token-with-grant',
      text: `select t."jti", t."kid", t."claims", ${ms('t."minted_at"')} as "mintedAt", ${ms('t."expires_at"')} as "tokenExpiresAt",
               ${ms('t."ended_at"')} as "tokenEndedAt", t."redeem_key" as "redeemKey", t."renewed_from" as "renewedFrom", t."canonical",
               ${GRANT_COLUMNS}, ${CONFIGURATION_HEAD('$2')} as "configuration", ${NOW}
             from "tokens" t join "grants" g on g."id" = t."grant_id" join "agents" a on a."uid" = g."agent_uid" where t."jti" = $1`,
      values: [jti, this.configurations.passedOver],
    });
    const [row] = await withAncestors(this.db, rows);
    if (row === undefined) return null;
    const { kid, claims, mintedAt, tokenExpiresAt, tokenEndedAt, redeemKey, renewedFrom, canonical, ...rest } = row;
    const { jti: found, now, configuration, ...grant } = rest;
    const ends = { expiresAt: tokenExpiresAt, endedAt: tokenEndedAt };
    const token = { jti: found, grantId: grant.id, kid, claims, mintedAt, ...ends, redeemKey, renewedFrom, canonical };
    this.witness.tokenRead(token, grant, now);
    return { token, grant, now, configuration };
  }
}

/** Tokens of a grant, oldest first, as the history shows them. */
export async function tokensOf(db: Queryable, grantId: string): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>({
    name: 'tokens-of-grant',
    text: `select ${TOKEN_COLUMNS} from "tokens" t where t."grant_id" = $1 order by t."minted_at"`,
    values: [grantId],
  });
  return rows;
}
