import { Injectable } from '@nestjs/common';
import { CancelEscalation } from '../ask/cancel-escalation.js';
import { findMintedToken } from '../minted-token.js';
import { Store, Seals, TokenMint } from '../ports.js';
import { RevokeGrant } from './revoke-grant.js';

/**
 * RFC 7009 for the owning agent: a token ends its grant; a deferral code cancels the request, or ends the grant that
 * was not collected. Unknown and foreign tokens change nothing and answer alike.
 */
@Injectable()
export class RevokeToken {
  constructor(
    private readonly store: Store,
    private readonly mint: TokenMint,
    private readonly seals: Seals,
    private readonly revokeGrant: RevokeGrant,
    private readonly cancel: CancelEscalation,
  ) {}

  async execute(agentId: string, token: string): Promise<void> {
    const living = await this.store.read.agents.living(agentId);
    if (living === null) return;
    const found = await findMintedToken(this.mint, this.store.read, token);
    if (found !== null) {
      if (found.grant.agentUid === living.uid) await this.end(agentId, found.grant.id);
      return;
    }
    const asked = await this.store.read.escalations.byDeferralHash(this.seals.deferralHash(token));
    if (asked === null || asked.escalation.agentUid !== living.uid) return;
    await this.cancel.execute(agentId, asked.escalation.id);
    const held = await this.store.read.grants.ofEscalation(asked.escalation.id);
    if (held !== null) await this.end(agentId, held.grant.id);
  }

  private async end(agentId: string, grantId: string): Promise<void> {
    await this.revokeGrant.execute(grantId, { kind: 'agent', id: agentId }, 'revoked_by_agent', null);
  }
}
