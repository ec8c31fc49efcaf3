export interface TokenRow {
  readonly jti: string;
  readonly grantId: string;
  readonly kid: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly mintedAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly redeemKey: string | null;
  /** It was signed by one that gives each token one text; false: by an older broker. */
  readonly canonical: boolean;
  /** The `jti` whose place it took; `null` for the token that a collection brought. */
  readonly renewedFrom: string | null;
}
