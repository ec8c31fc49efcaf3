import { instant } from '#domain/instant.js';
import { about } from '../about.js';
import type { Transaction } from '../ports.js';
import type { EscalationRow } from '../rows/escalation.js';
import type { GrantRow } from '../rows/grant.js';
import { ancestorsEndAt } from '../state-now.js';
import type { GrantTokens, Redeemed, TokenTerms } from './write-token.js';

/** A grant that is ready, held locked by the transaction or new in it, and all that its first token takes. */
export interface ReadyGrant {
  readonly escalation: EscalationRow;
  readonly grant: GrantRow;
  readonly terms: TokenTerms;
  /** The Idempotency-Key under which a lost answer may be fetched again; `null` without one. */
  readonly redeemKey: string | null;
}

/**
 * Starts the clock of a grant at `now` (epoch ms) and mints its first token, with both lines of the history. Whether the
 * grant may become a token was judged before.
 */
export async function mintFirst(
  tx: Pick<Transaction, 'grants' | 'journal' | 'keys' | 'statusPlaces' | 'tokens'>,
  tokens: Pick<GrantTokens, 'write'>,
  ready: ReadyGrant,
  now: number,
): Promise<Redeemed> {
  const { grant } = ready;
  const expiresAt = Math.min(now + grant.granted.ttl * 1000, ancestorsEndAt(grant) ?? Infinity);
  await tx.grants.change(grant.id, grant.version, { change: 'activated', now, expiresAt });
  const written = { ...ready, now, grantExpiresAt: expiresAt, renewedFrom: null };
  const { jti, kid, redeemed } = await tokens.write(tx, written);
  const actor = { kind: 'agent', id: grant.agentId } as const;
  const activated = about(grant).says('grant.activated', actor, { expires_at: instant(expiresAt) });
  const minted = about(grant).says('token.minted', actor, { jti, kid, exp: redeemed.claims['exp'] });
  await tx.journal.record([{ ...activated, due: { end: expiresAt } }, minted], now);
  return redeemed;
}
