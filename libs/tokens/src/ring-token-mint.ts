import { canonicalJson } from '#domain/authority/canonical-json.js';
import { LIMITS } from '#domain/limits.js';
import { TokenMint, type MintInput } from '#escalations/ports.js';
import { SigningKeyNotMet, type SigningAlg } from '#escalations/keys/signing-keys.js';
import { buildClaims, statusOf, type AccessTokenClaims } from './claims.js';
import type { KeyRing } from './key-ring.js';
import { fitsInToken, mintAccessToken } from './mint.js';
import { readAccessToken, signAccessToken, textOf } from './sign.js';
import { VerifiedTexts } from './verified-texts.js';

/** Mints with the key that the database names. Takes epoch milliseconds from the use cases, writes seconds into tokens. */
export class RingTokenMint extends TokenMint {
  private readonly verified = new VerifiedTexts();

  constructor(
    private readonly ring: KeyRing,
    private readonly issuer: string,
  ) {
    super();
  }

  /** Builds, validates, clamps and signs. The answer's `expiresAt` is the token's `exp` in epoch milliseconds. */
  override async mint(input: MintInput): ReturnType<TokenMint['mint']> {
    const key = this.ring.knownSigningKey(input.kid);
    if (key === null) throw new SigningKeyNotMet(this.ring.whyNotOpened(input.kid));
    const iat = Math.floor(input.now / 1_000);
    const grantExpiresAt = Math.floor(input.grantExpiresAt / 1_000);
    const bounds = { grantExpiresAt, maxTokenTtl: input.maxTokenTtlSeconds };
    const { token, claims } = mintAccessToken(
      {
        ...this.subjectOf(input),
        jti: input.jti,
        iat,
        exp: Math.max(grantExpiresAt, iat + 1),
        status: input.status,
      },
      bounds,
      key,
    );
    return { jwt: token, kid: key.kid, claims: { ...claims }, expiresAt: claims.exp * 1_000 };
  }

  override fits({ agentId, resource, alg, request }: Parameters<TokenMint['fits']>[0]): boolean {
    const granted = {
      authorization_details: request.authorization_details,
      ttl: request.requested_ttl,
      // Policy and approvers may bound the uses of an ask that did not.
      max_uses: request.max_uses ?? LIMITS.maxUsesMax,
    };
    return fitsInToken({ issuer: this.issuer, resource, agentId, granted, chain: request.chain }, alg);
  }

  /** Signs stored claims again under the key that signed them first; a compromised key signs nothing. */
  override async resign(...[kid, stored, authority]: Parameters<TokenMint['resign']>): Promise<string | null> {
    const key = await this.ring.signingKeyByKid(kid);
    if (key === null) throw new SigningKeyNotMet(`the key ${kid} may not sign`);
    const claims = stored as unknown as AccessTokenClaims;
    const { jti, iat, exp } = claims;
    const given = buildClaims({ ...this.subjectOf(authority), jti, iat, exp, ...statusOf(claims) }, key.alg);
    return canonicalJson(given) === canonicalJson(claims) ? signAccessToken(claims, key) : null;
  }

  /** What a token says whenever it is minted. */
  private subjectOf({ grant, escalationId, chain }: Pick<MintInput, 'grant' | 'escalationId' | 'chain'>) {
    return {
      issuer: this.issuer,
      resource: grant.resource,
      agentId: grant.agentId,
      escalationId,
      grantId: grant.id,
      digest: grant.digest,
      grantDigest: grant.grantDigest,
      granted: grant.granted,
      chain,
    };
  }

  /**
   * The claims of a token of this broker, or `null`. A text is verified once: what is remembered of it follows from the
   * text and the key alone, and whether the key is still to be believed is asked each time.
   */
  override async read(jwt: string): Promise<Readonly<Record<string, unknown>> | null> {
    const known = this.verified.find(jwt);
    if (known !== undefined) return (await this.ring.verifyKeyByKid(known.kid)) === null ? null : known.claims;
    const read = await readAccessToken(jwt, this.ring, this.issuer);
    if (read === null) return null;
    const claims = Object.freeze({ ...read });
    this.verified.keep(jwt, { ...textOf(jwt), claims });
    return claims;
  }

  override isCanonical(jwt: string): boolean {
    return this.verified.find(jwt)?.canonical ?? textOf(jwt).canonical;
  }

  override unreadableKids(): readonly string[] {
    return this.ring.unreadableKids();
  }

  override async learnKeys(alg: SigningAlg): Promise<void> {
    await this.ring.refreshAnew();
    await this.ring.ensure(alg);
  }
}
