import type { NewToken, TokenReads, Tokens } from '#escalations/collect/tokens.js';
import type { Observer } from '#escalations/watch/observation.js';
import type { TokenRow } from '#escalations/rows/token.js';
import type { Queryable } from '../connection/queryable.js';
import { at, ms } from '../sql/columns.js';
import { PostgresGrants } from './postgres-grants.js';

const TOKEN_COLUMNS = `t."jti", t."grant_id" as "grantId", t."kid", t."claims", ${ms('t."minted_at"')} as "mintedAt",
  ${ms('t."expires_at"')} as "expiresAt", ${ms('t."ended_at"')} as "endedAt", t."redeem_key" as "redeemKey", t."renewed_from" as "renewedFrom", t."canonical"`;

/** Tokens over a transaction's connection. */
export class PostgresTokens implements Tokens {
  /** @param written is called when a token is: many transactions that write one commit at once */
  constructor(
    private readonly db: Queryable,
    private readonly written: () => void = () => undefined,
  ) {}

  async insert(row: NewToken): Promise<void> {
    this.written();
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

/** Tokens with their grants, outside a transaction. */
export class PostgresTokenReads implements TokenReads {
  /** @param witness is told of every token that is read */
  constructor(
    private readonly db: Queryable,
    private readonly witness: Observer,
  ) {}

  async withGrant(jti: string): ReturnType<TokenReads['withGrant']> {
    const token = await new PostgresTokens(this.db).byJti(jti);
    if (token === null) return null;
    const found = await new PostgresGrants(this.db).byId(token.grantId);
    if (found === null) return null;
    this.witness.tokenRead(token, found.grant, found.now);
    return { token, ...found };
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
